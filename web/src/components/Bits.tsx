import { Badge, Group, Text, Tooltip } from '@mantine/core';
import {
  IconArrowsExchange,
  IconClockHour4,
  IconMail,
  IconMessage2,
  IconPlayerPlay,
  IconWebhook,
} from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { components } from '@/api/schema';
import classes from './panel.module.css';

const icons = {
  email: IconMail,
  sms: IconMessage2,
  webhook: IconWebhook,
  timer: IconClockHour4,
  change: IconArrowsExchange,
  step: IconPlayerPlay,
  run: IconPlayerPlay,
};

/** The small tinted tile of a channel or of a thing that happened. */
export function Tile({ kind, label }: { kind: string; label?: string }) {
  const Icon = icons[kind as keyof typeof icons] ?? IconPlayerPlay;
  return (
    <span className={classes.tile} data-kind={kind}>
      <Icon size={16} stroke={1.8} aria-hidden />
      {label && <span className="visually-hidden">{label}</span>}
    </span>
  );
}

export type StepState = components['schemas']['Message']['state'];
const tones: Record<string, string> = {
  sent: 'ok',
  delivered: 'ok',
  done: 'ok',
  captured: 'info',
  failed: 'bad',
  unknown: 'warn',
  planned: 'off',
  queued: 'warn',
  sending: 'warn',
  skipped: 'off',
  cancelled: 'off',
  superseded: 'off',
};

/** The state of a message as a word; the reason waits behind it. */
export function StateBadge({ state, why }: { state: string; why?: string | null }) {
  const { t, i18n } = useTranslation();
  const key = `common.states.${state}`;
  const badge = (
    <Badge
      className="tone"
      style={{ flex: 'none' }}
      data-tone={tones[state] ?? 'off'}
      tabIndex={why ? 0 : undefined}
    >
      {i18n.exists(key) ? t(key as 'common.states.sent') : state}
    </Badge>
  );
  return why ? (
    <Tooltip label={why} multiline maw={320}>
      {badge}
    </Tooltip>
  ) : (
    badge
  );
}

/** Names and values, one under the other. */
export function Pairs({ of }: { of: [label: string, value: ReactNode][] }) {
  return (
    <dl className={classes.pair}>
      {of.map(([label, value]) => (
        <Pair key={label} label={label}>
          {value}
        </Pair>
      ))}
    </dl>
  );
}
function Pair({ label, children }: { label: string; children: ReactNode }) {
  return (
    <>
      <dt>{label}</dt>
      <dd dir="auto">{children ?? '–'}</dd>
    </>
  );
}

/** A status as the business calls it, with its colour beside the word. */
export function StatusName({ colour, label }: { colour?: string; label: string }) {
  return (
    <Group gap={0} wrap="nowrap" display="inline-flex">
      <span className={classes.dot} style={{ background: colour ?? 'var(--line-strong)' }} aria-hidden />
      <Text span size="sm">
        {label}
      </Text>
    </Group>
  );
}
