import { type Role, useSession } from '@/api/session';

/** What an editor may not: people, keys, the business itself, and taking a person out of the records for good. */
const ownersOnly = ['users', 'keys:read', 'keys:write', 'business:write', 'erase', 'channels:write'];

export function allows(role: Role, platformAdmin: boolean, scope: string): boolean {
  if (platformAdmin || role === 'owner') return true;
  if (role === 'viewer') return scope.endsWith(':read') && !ownersOnly.includes(scope);
  return !ownersOnly.includes(scope);
}

/** Whether the person may do this here. The server decides; this only keeps buttons away that it would refuse. */
export function useMay(): (scope: string) => boolean {
  const { session, business } = useSession();
  return (scope) =>
    Boolean(session) && allows(business?.role ?? 'viewer', session?.user.platform_admin ?? false, scope);
}
