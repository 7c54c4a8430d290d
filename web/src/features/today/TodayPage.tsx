import { Alert, Badge, SimpleGrid, Text, Title } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { $api } from '@/api/client';
import type { components } from '@/api/schema';
import { Page } from '@/app/Page';
import { Tile } from '@/components/Bits';
import { Panel, Trouble, Waiting } from '@/components/Panel';
import { useAll, usePages } from '@/lib/lists';
import { addDays, dayAndTime, dayOf, instantOf } from '@/lib/time';
import { useBusiness } from '@/lib/use-business';
import classes from './today.module.css';

type S = components['schemas'];

/** The day at a glance: one number per thing, each the way to where it is told whole. */
export function TodayPage() {
  const { t, i18n } = useTranslation();
  const { business, zone } = useBusiness();
  const stats = $api.useQuery('get', '/v1/stats', {}, { refetchInterval: 60_000 });
  const now = stats.data?.now;
  const today = dayOf(now ?? new Date().toISOString(), zone);
  const from = instantOf(`${today} 00:00:00`, zone);
  const to = instantOf(`${addDays(today, 1)} 00:00:00`, zone);
  const bookings = useAll<S['Booking']>('/v1/bookings', { from, to }, 1000, Boolean(business && now));
  const soon = usePages<S['Timer']>('/v1/timers', { limit: 6 });
  const channels = $api.useQuery('get', '/v1/channels', {});
  if (stats.error)
    return (
      <Page title={t('today.title')}>
        <Trouble error={stats.error} retry={stats.refetch} />
      </Page>
    );
  const count = (states: string[]) =>
    Object.values(stats.data?.days.find((d) => d.day === today)?.channels ?? {}).reduce(
      (sum, c) => sum + states.reduce((n, s) => n + (c[s] ?? 0), 0),
      0,
    );
  const ahead = stats.data?.ahead.reduce((n, d) => n + d.timers, 0);
  const open = bookings.data?.rows.filter((b) => b.status_kind !== 'closed_bad').length;
  const known = stats.data !== undefined;
  return (
    <Page title={t('today.title')} lead={t('today.lead')}>
      {stats.data?.held && (
        <Alert color="yellow" mb="md">
          {t('today.held')}
        </Alert>
      )}
      <SimpleGrid cols={{ base: 2, md: 4 }} mb="lg">
        <Figure to="/bookings" label={t('today.bookings')} value={open} />
        <Figure
          to="/messages"
          label={t('today.sent')}
          value={known ? count(['sent', 'delivered', 'captured', 'done']) : undefined}
        />
        <Figure
          to="/messages"
          search={{ state: 'failed' }}
          label={t('today.failed')}
          value={known ? count(['failed']) : undefined}
          bad
        />
        <Figure to="/messages" search={{ view: 'upcoming' }} label={t('today.ahead')} value={ahead} />
      </SimpleGrid>
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <Part title={t('today.next')} wait={soon.isPending} error={soon.error}>
          {soon.rows.map((x) => (
            <li key={x.id}>
              <Tile kind="timer" />
              <Link to="/bookings/$id" params={{ id: x.booking_id }} className={classes.line}>
                <Text size="sm" fw={550} truncate dir="auto">
                  {x.workflow}
                </Text>
              </Link>
              <Text size="sm" c="dimmed" className="num">
                {dayAndTime(x.due_at, i18n.language, zone)}
              </Text>
            </li>
          ))}
        </Part>
        <Part title={t('today.notSent')} wait={stats.isPending}>
          {stats.data?.not_sent.slice(0, 8).map((r) => (
            <li key={r.reason}>
              <Text size="sm" className={classes.line}>
                {r.sentence ?? r.reason}
              </Text>
              <Text size="sm" fw={570} className="num">
                {r.count}
              </Text>
            </li>
          ))}
        </Part>
        <Part title={t('today.channels')} wait={channels.isPending} error={channels.error}>
          {channels.data?.data.map((c) => {
            const captured = c.in_force === 'captured';
            const tone = c.status === 'paused' ? 'bad' : captured ? 'info' : 'ok';
            return (
              <li key={c.id}>
                <Tile kind={c.channel} />
                <Link to="/settings/$part" params={{ part: 'channels' }} className={classes.line}>
                  {t(`common.channels.${c.channel}`)}
                </Link>
                {c.waiting > 0 && (
                  <Text size="sm" c="dimmed">
                    {t('today.waiting', { count: c.waiting })}
                  </Text>
                )}
                <Badge className="tone" data-tone={tone}>
                  {t(c.status === 'paused' ? 'today.paused' : captured ? 'today.captured' : 'today.ok')}
                </Badge>
              </li>
            );
          })}
        </Part>
      </SimpleGrid>
    </Page>
  );
}

type NumberProps = {
  to: '/bookings' | '/messages';
  search?: object;
  label: string;
  value?: number;
  bad?: boolean;
};
function Figure({ to, search, label, value, bad }: NumberProps) {
  const { i18n } = useTranslation();
  return (
    <Link
      to={to}
      search={(search ?? {}) as never}
      className={classes.number}
      data-bad={(bad && value) || undefined}
    >
      <span className={classes.big}>{value === undefined ? '–' : value.toLocaleString(i18n.language)}</span>
      <span>{label}</span>
    </Link>
  );
}

type PartProps = { title: string; wait: boolean; error?: unknown; children?: ReactNode[] };
function Part({ title, wait, error, children }: PartProps) {
  const { t } = useTranslation();
  return (
    <section>
      <Title order={2} fz={15} mb={8}>
        {title}
      </Title>
      <Panel>
        {error ? (
          <Trouble error={error} />
        ) : wait ? (
          <Waiting rows={3} />
        ) : children?.length ? (
          <ul className={classes.list}>{children}</ul>
        ) : (
          <Text p="md" size="sm" c="dimmed">
            {t('today.nothing')}
          </Text>
        )}
      </Panel>
    </section>
  );
}
