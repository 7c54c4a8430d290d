import { Accordion, Badge, Group, Text } from '@mantine/core';
import { IconCircleCheck, IconCircleDashed, IconCircleX } from '@tabler/icons-react';
import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import { $api } from '@/api/client';
import { Trouble, Waiting } from '@/components/Panel';
import { dayAndTime } from '@/lib/time';
import type { Explanation } from './parts';
import classes from './timeline.module.css';

const tones = { sent: 'ok', planned: 'info', would_fire: 'warn', not_sent: 'off' } as const;

/** Every workflow and why it did or did not do something for this booking, gate by gate. */
export function Explain({ id, zone }: { id: string; zone: string }) {
  const { t, i18n } = useTranslation();
  const { data, error, isPending, refetch } = $api.useQuery('get', '/v1/bookings/{id}/explain', {
    params: { path: { id } },
  });
  if (error) return <Trouble error={error} retry={refetch} />;
  if (isPending) return <Waiting />;
  return (
    <Accordion variant="separated" radius="md" chevronPosition="right" order={2}>
      {data.data.map((x, i) => (
        <Accordion.Item key={`${x.workflow_id}${x.run_id ?? i}`} value={`${x.workflow_id}${i}`}>
          <Accordion.Control>
            <Group justify="space-between" wrap="nowrap" gap="sm">
              <div style={{ minWidth: 0 }}>
                <Text size="sm" fw={560} style={{ overflowWrap: 'anywhere' }}>
                  {x.workflow}
                </Text>
                <Text size="xs" c="dimmed">
                  {x.reason_sentence ?? (x.at ? dayAndTime(x.at, i18n.language, zone) : '')}
                </Text>
              </div>
              <Badge className="tone" data-tone={tones[x.verdict]} style={{ flex: 'none' }}>
                {t(`bookings.verdicts.${x.verdict}`)}
              </Badge>
            </Group>
          </Accordion.Control>
          <Accordion.Panel>
            <Gates checks={x.checks} />
          </Accordion.Panel>
        </Accordion.Item>
      ))}
    </Accordion>
  );
}

function Gates({ checks }: { checks: Explanation['checks'] }) {
  const { t } = useTranslation();
  return (
    <ul className={classes.gates}>
      {checks.map((c, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: gates stand in a fixed order
        <li key={`${c.check}${i}`} className={classes.gate}>
          {c.passed === false ? (
            <IconCircleX size={17} color="var(--tone-bad)" aria-label={t('bookings.gateNo')} role="img" />
          ) : c.passed ? (
            <IconCircleCheck
              size={17}
              color="var(--tile-sms-fg)"
              aria-label={t('bookings.gateYes')}
              role="img"
            />
          ) : (
            <IconCircleDashed
              size={17}
              color="var(--text-dim)"
              aria-label={t('bookings.gateUnknown')}
              role="img"
            />
          )}
          <span style={{ minWidth: 0 }}>
            {c.sentence}
            <small>
              {t('bookings.gateValues', { expected: inShort(c.expected, t), actual: inShort(c.actual, t) })}
            </small>
          </span>
        </li>
      ))}
    </ul>
  );
}

type T = TFunction;
/** A value of a gate for reading: lists with commas, yes and no as words, nothing as a dash. */
export function inShort(value: unknown, t: T): string {
  if (value === null || value === undefined || value === '') return '–';
  if (typeof value === 'boolean') return value ? t('common.yes') : t('common.no');
  if (Array.isArray(value)) return value.length ? value.map((v) => inShort(v, t)).join(', ') : '–';
  if (typeof value === 'object') {
    const parts = Object.entries(value)
      .filter(([, v]) => v !== null && !(Array.isArray(v) && v.length === 0))
      .map(
        ([k, v]) =>
          `${t(`bookings.gateWords.${k}` as never, { defaultValue: k }) as string} ${inShort(v, t)}`,
      );
    return parts.join('; ') || '–';
  }
  return String(value);
}
