import { Text } from '@mantine/core';
import { IconClockHour4 } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { components } from '@/api/schema';
import { Empty } from '@/app/Page';
import { Tile } from '@/components/Bits';
import { More, Panel, Trouble, Waiting } from '@/components/Panel';
import panel from '@/components/panel.module.css';
import { TimerActs } from '@/features/bookings/Timeline';
import type { Search } from '@/lib/address';
import { usePages } from '@/lib/lists';
import { longDay } from '@/lib/time';
import { WorkflowSelect } from './MessagesPage';
import classes from './messages.module.css';

type Timer = components['schemas']['Timer'];

/** What is planned, day by day on the wall of each booking's place. */
export function Upcoming({ search, set }: { search: Search; set: (p: Search) => void }) {
  const { t, i18n } = useTranslation();
  const list = usePages<Timer>('/v1/timers', { workflow_id: search.workflow, booking_id: search.booking });
  const days = new Map<string, Timer[]>();
  for (const x of list.rows) {
    const day = x.due_local.slice(0, 10);
    days.set(day, [...(days.get(day) ?? []), x]);
  }
  return (
    <>
      <div className={panel.filters}>
        <WorkflowSelect search={search} set={set} />
      </div>
      {list.error && <Trouble error={list.error} retry={list.refetch} />}
      {list.isPending && !list.error && (
        <Panel>
          <Waiting rows={10} />
        </Panel>
      )}
      {list.data && list.rows.length === 0 && (
        <Empty
          icon={<IconClockHour4 size={28} stroke={1.6} />}
          title={t('messages.noneAhead')}
          text={t('messages.noneAheadText')}
        />
      )}
      {days.size > 0 && (
        <Panel>
          {[...days].map(([day, timers]) => (
            <section key={day} aria-label={longDay(`${day}T12:00:00Z`, i18n.language, 'UTC')}>
              <Text component="h2" className={classes.day}>
                {longDay(`${day}T12:00:00Z`, i18n.language, 'UTC')} · {timers.length}
              </Text>
              {timers.map((x) => (
                <Row key={x.id} timer={x} />
              ))}
            </section>
          ))}
          <More more={list.hasNextPage} busy={list.isFetchingNextPage} next={list.fetchNextPage} />
        </Panel>
      )}
    </>
  );
}

function Row({ timer: x }: { timer: Timer }) {
  const { t } = useTranslation();
  const who = (x as { customer?: string | null }).customer;
  const name = x.workflow ?? t('messages.noWorkflow');
  return (
    <div className={`${classes.item} ${panel.row}`}>
      <Text className="num" size="sm" w={44} style={{ flex: 'none' }}>
        {x.due_local.slice(11, 16)}
      </Text>
      <Tile kind="timer" />
      <div className={classes.grow}>
        <Link to="/bookings/$id" params={{ id: x.booking_id }} className={panel.link} dir="auto">
          {who ? `${who} · ${name}` : name}
        </Link>
        <Text size="xs" c="dimmed">
          {x.rule}
          {x.matches_now ? '' : ` · ${t('messages.noMatch')}`}
        </Text>
      </div>
      <div className={panel.above}>
        <TimerActs id={x.id} sentence={name} small />
      </div>
    </div>
  );
}
