import { Button, Center, Loader } from '@mantine/core';
import { IconPlugConnectedX } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { Navigate, Outlet, useRouterState } from '@tanstack/react-router';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { whenOver } from '@/api/client';
import { sessionKey, useSession } from '@/api/session';
import { inWords } from '@/lib/act';
import { Empty } from './Page';
import { Shell } from './Shell';

const open = ['/sign-in', '/first-start', '/invitation', '/reset'];

/** Who is here decides what is shown: a page for everybody, the way in, or the app. */
export function Gate() {
  const { t } = useTranslation();
  const { session, business, problem, isPending, refetch } = useSession();
  const queries = useQueryClient();
  const { path, href } = useRouterState({
    select: (s) => ({ path: s.location.pathname, href: s.location.href }),
  });
  useEffect(() => whenOver(() => queries.invalidateQueries({ queryKey: sessionKey })), [queries]);
  if (open.some((p) => path === p)) return <Outlet />;
  if (isPending)
    return (
      <Center h="100dvh">
        <Loader aria-label={t('common.loading')} />
      </Center>
    );
  if (problem?.status === 401)
    return problem.code === 'no_owner' ? (
      <Navigate to="/first-start" />
    ) : (
      <Navigate to="/sign-in" search={(path === '/' ? {} : { next: href }) as never} />
    );
  if (problem)
    return (
      <main style={{ maxWidth: 640, margin: '12vh auto', padding: 16 }}>
        <Empty
          icon={<IconPlugConnectedX size={28} />}
          title={t('error.title')}
          text={inWords(t, problem)}
          action={<Button onClick={() => refetch()}>{t('common.retry')}</Button>}
        />
      </main>
    );
  if (!business)
    return session?.user.platform_admin ? (
      <Navigate to="/first-start" />
    ) : (
      <Shell empty={t('people.noBusiness')} />
    );
  // A change of business is a new app: nothing of the other one stays on the screen.
  return <Shell key={business.slug} />;
}
