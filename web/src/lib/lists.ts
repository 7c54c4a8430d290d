import { type QueryKey, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { api } from '@/api/client';
import { unwrap } from './unwrap';

export type Listed<T> = { data: T[]; next_cursor: string | null };
type Query = Record<string, string | number | string[] | undefined>;

const get = <T>(path: string, query: Query, signal?: AbortSignal, params?: Record<string, string>) =>
  unwrap<T>(api.GET(path as never, { params: { query, path: params }, signal } as never) as never);
const clean = (query: Query) =>
  Object.fromEntries(Object.entries(query).filter(([, v]) => v !== undefined && v !== '')) as Query;
/** Keys begin as those of the typed client do, so that one invalidation reaches both. */
const key = (path: string, query: Query, params?: object): QueryKey => [
  'get',
  path,
  { params: { query, ...(params && { path: params }) } },
];

/** A list that grows as it is scrolled: one page after the other by its cursor, nothing jumps. */
export function usePages<T>(
  path: string,
  asked: Query = {},
  params?: Record<string, string>,
  enabled = true,
) {
  const query = clean({ limit: 50, ...asked });
  const q = useInfiniteQuery({
    queryKey: [...key(path, query, params), 'pages'],
    enabled,
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) =>
      get<Listed<T>>(path, clean({ ...query, cursor: pageParam }), signal, params),
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  });
  return { ...q, rows: q.data?.pages.flatMap((p) => p.data) ?? [] };
}

/** All rows of a span that is bounded by itself (a week of bookings, the catalogue), up to `most`. */
export function useAll<T>(path: string, asked: Query = {}, most = 1000, enabled = true) {
  const query = clean({ limit: 200, ...asked });
  return useQuery({
    queryKey: [...key(path, query), 'all', most],
    enabled,
    queryFn: async ({ signal }) => {
      const rows: T[] = [];
      let cursor: string | undefined;
      do {
        const page = await get<Listed<T>>(path, clean({ ...query, cursor }), signal);
        rows.push(...page.data);
        cursor = page.next_cursor ?? undefined;
      } while (cursor && rows.length < most);
      return { rows, cut: Boolean(cursor) };
    },
  });
}
