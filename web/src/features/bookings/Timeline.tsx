import { ActionIcon, Button, Collapse, Group, Text, Tooltip } from '@mantine/core';
import { IconChevronDown, IconPlayerSkipForward, IconSend } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { $api, api } from '@/api/client';
import { StateBadge, Tile } from '@/components/Bits';
import { Confirm } from '@/components/Confirm';
import { Trouble, Waiting } from '@/components/Panel';
import { MessageView } from '@/features/messages/MessageView';
import { useAct } from '@/lib/act';
import { useMay } from '@/lib/role';
import { unwrap } from '@/lib/unwrap';
import type { TimelineEntry } from './parts';
import classes from './timeline.module.css';

/** All that happened to a booking and all that will, in order; the line of now lies between. */
export function Timeline({ id, lang }: { id: string; lang: string }) {
  const { t } = useTranslation();
  const { data, error, isPending, refetch } = $api.useQuery('get', '/v1/bookings/{id}/timeline', {
    params: { path: { id } },
  });
  if (error) return <Trouble error={error} retry={refetch} />;
  if (isPending) return <Waiting />;
  const past = data.data.filter((e) => !e.future);
  const future = data.data.filter((e) => e.future);
  const key = (e: TimelineEntry, i: number) => e.step_id ?? e.timer_id ?? e.change_id ?? `${e.run_id}-${i}`;
  return (
    <ol className={classes.line}>
      {past.map((e, i) => (
        <Entry key={`${key(e, i)}${e.state}`} entry={e} lang={lang} />
      ))}
      <li className={classes.now}>
        <span>{t('bookings.now')}</span>
      </li>
      {future.map((e, i) => (
        <Entry key={`${key(e, i)}${e.state}`} entry={e} lang={lang} />
      ))}
      {future.length === 0 && (
        <li className={classes.quiet}>
          <Text size="sm" c="dimmed">
            {t('bookings.nothingAhead')}
          </Text>
        </li>
      )}
    </ol>
  );
}

/** The wall clock the server gives, in words: its offset is already that of the place. */
export function localWords(local: string, lang: string): string {
  return new Intl.DateTimeFormat(lang === 'nb' ? 'nb-NO' : 'en-GB', {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZone: 'UTC',
  }).format(new Date(`${local.slice(0, 19)}Z`));
}

function Entry({ entry: e, lang }: { entry: TimelineEntry; lang: string }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const kind = e.channel ?? e.kind;
  const message = e.step_id && e.channel ? e.step_id.replace(/^stp_/, 'msg_') : null;
  return (
    <li className={classes.entry} data-future={e.future || undefined}>
      <span className={classes.tile}>
        <Tile kind={kind} />
      </span>
      <div className={classes.body}>
        <Group justify="space-between" gap="xs" wrap="nowrap" align="flex-start">
          <div style={{ minWidth: 0 }}>
            <Text size="xs" c="dimmed" className="num">
              <time dateTime={e.at}>{localWords(e.at_local, lang)}</time>
              {e.actor ? ` · ${e.actor}` : ''}
            </Text>
            <Text size="sm" dir="auto" style={{ overflowWrap: 'anywhere' }}>
              {e.sentence}
            </Text>
          </div>
          <Group gap={4} wrap="nowrap">
            {e.kind !== 'change' && <StateBadge state={e.state} why={e.reason_sentence} />}
            {message && (
              <ActionIcon
                aria-expanded={open}
                aria-label={t('bookings.showMessage')}
                onClick={() => setOpen(!open)}
              >
                <IconChevronDown size={16} style={{ transform: open ? 'rotate(180deg)' : undefined }} />
              </ActionIcon>
            )}
          </Group>
        </Group>
        {e.future && e.timer_id && <TimerActs id={e.timer_id} sentence={e.sentence} />}
        {message && (
          <Collapse expanded={open}>
            {open && (
              <div className={classes.message}>
                <MessageView id={message} />
              </div>
            )}
          </Collapse>
        )}
      </div>
    </li>
  );
}

/** Skip a planned thing, or let it go now. Skipping cannot be taken back, so it asks. */
export function TimerActs({ id, sentence, small }: { id: string; sentence: string; small?: boolean }) {
  const { t } = useTranslation();
  const may = useMay()('messages:write');
  const act = useAct();
  const queries = useQueryClient();
  const [ask, setAsk] = useState<'skip' | 'send-now' | null>(null);
  if (!may) return null;
  const yes = async () => {
    const path = ask === 'skip' ? '/v1/timers/{id}/skip' : '/v1/timers/{id}/send-now';
    const answer = await act.run((headers) => unwrap(api.POST(path, { params: { path: { id } }, headers })), {
      of: ask,
      done: t(ask === 'skip' ? 'messages.skipped' : 'messages.sentNow'),
    });
    await queries.invalidateQueries();
    if (answer) setAsk(null);
  };
  const choices = [
    ['send-now', IconSend, t('messages.sendNow')],
    ['skip', IconPlayerSkipForward, t('messages.skip')],
  ] as const;
  return (
    <Group gap={6} mt={small ? 0 : 6} wrap="nowrap">
      {choices.map(([which, Icon, label]) =>
        small ? (
          <Tooltip key={which} label={label}>
            <ActionIcon aria-label={`${label}: ${sentence}`} onClick={() => setAsk(which)}>
              <Icon size={17} stroke={1.8} />
            </ActionIcon>
          </Tooltip>
        ) : (
          <Button
            key={which}
            size="compact-xs"
            variant="default"
            leftSection={<Icon size={14} />}
            onClick={() => setAsk(which)}
          >
            {label}
          </Button>
        ),
      )}
      <Confirm
        opened={ask !== null}
        title={t(ask === 'skip' ? 'messages.skipTitle' : 'messages.sendNowTitle')}
        yes={t(ask === 'skip' ? 'messages.skip' : 'messages.sendNow')}
        danger={ask === 'skip'}
        busy={act.busy}
        onYes={yes}
        onNo={() => setAsk(null)}
      >
        <p style={{ marginTop: 0 }}>{sentence}</p>
        {t(ask === 'skip' ? 'messages.skipText' : 'messages.sendNowText')}
      </Confirm>
    </Group>
  );
}
