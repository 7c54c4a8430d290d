import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import { problemOf } from '@/lib/problem';

export type Role = 'owner' | 'editor' | 'viewer';
export type Session = {
  user: {
    id: string;
    name: string;
    email: string;
    language: string | null;
    platform_admin: boolean;
    totp: boolean;
  };
  businesses: { id: string; slug: string; name: string; role: Role }[];
  expires_at: string;
};

/** One call of the session's own routes: the answer, or its problem thrown. */
export async function sessionCall<T = Session>(
  method: string,
  path: string,
  body?: unknown,
  headers?: object,
): Promise<T> {
  const answer = await fetch(`/v1/${path}`, {
    method,
    credentials: 'same-origin',
    headers: {
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
      ...(chosenBusiness() && { 'Flyt-Business': chosenBusiness() as string }),
      ...headers,
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const read = answer.status === 204 ? undefined : await answer.json().catch(() => undefined);
  if (!answer.ok) throw problemOf({ ...(read as object), status: answer.status });
  return read as T;
}

// The business one works in: remembered on this device, told to whoever listens.
const heard = new Set<() => void>();
export const chosenBusiness = () => localStorage.getItem('business');
export function chooseBusiness(slug: string | null) {
  if (slug) localStorage.setItem('business', slug);
  else localStorage.removeItem('business');
  for (const tell of heard) tell();
}
const listen = (tell: () => void) => {
  heard.add(tell);
  return () => heard.delete(tell);
};

// `vite` against a server one has a key to, without signing in: never part of a build.
const withoutSession = import.meta.env.DEV
  ? (import.meta.env.VITE_WITHOUT_SESSION as string | undefined)
  : undefined;
const stand = (slug: string): Session => ({
  user: {
    id: 'usr_dev',
    name: 'Ingrid Moen',
    email: 'ingrid@example.no',
    language: null,
    platform_admin: false,
    totp: false,
  },
  businesses: [
    { id: 'biz_dev', slug, name: slug, role: (import.meta.env.VITE_ROLE as Role | undefined) ?? 'owner' },
  ],
  expires_at: '2099-01-01T00:00:00Z',
});

export const sessionKey = ['get', '/v1/session'];

export function useSession() {
  const slug = useSyncExternalStore(listen, chosenBusiness);
  const query = useQuery({
    queryKey: sessionKey,
    queryFn: async () => {
      const session = withoutSession ? stand(withoutSession) : await sessionCall('GET', 'session');
      const first = session.businesses[0];
      if (first && !session.businesses.some((b) => b.slug === chosenBusiness())) chooseBusiness(first.slug);
      return session;
    },
    retry: (times, error) => problemOf(error).status === 0 && times < 2,
    staleTime: 60_000,
    refetchOnWindowFocus: true,
  });
  const business = query.data?.businesses.find((b) => b.slug === slug) ?? query.data?.businesses[0];
  return { ...query, session: query.data, business, problem: query.error ? problemOf(query.error) : null };
}

/** After signing in or out: nothing of the one before stays in memory. */
export function useSignedIn() {
  const queries = useQueryClient();
  return (session: Session | null) => {
    // The session itself is changed and not taken away: a page that stays, such as the first start, looks at it.
    queries.removeQueries({ predicate: (q) => q.queryKey[1] !== sessionKey[1] });
    if (session) queries.setQueryData(sessionKey, session);
    else queries.resetQueries({ queryKey: sessionKey });
    if (session && !session.businesses.some((b) => b.slug === chosenBusiness()))
      chooseBusiness(session.businesses[0]?.slug ?? null);
  };
}
