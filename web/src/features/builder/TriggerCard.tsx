import {
  ActionIcon,
  Button,
  Checkbox,
  Group,
  MultiSelect,
  NumberInput,
  Select,
  TextInput,
} from '@mantine/core';
import { IconBolt, IconPlus, IconX } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { useBusiness, useStatuses } from '@/lib/use-business';
import classes from './builder.module.css';
import { Duration } from './Duration';
import { Faults } from './Faults';
import { newTrigger, type Offset, type Trigger, triggerTypes, units } from './model';
import { StepCard } from './StepCard';

type Props = { value: Trigger[]; onChange: (t: Trigger[]) => void };

export function TriggerCard({ value, onChange }: Props) {
  const { t } = useTranslation();
  return (
    <StepCard
      kind="trigger"
      icon={IconBolt}
      title={t(value.length > 1 ? 'builder.anyTrigger' : 'builder.trigger')}
    >
      {value.map((trigger, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a trigger not saved yet has no identity
        <div key={i} className={classes.part}>
          <Group gap="sm" align="end" wrap="nowrap">
            <Select
              label={t('builder.event')}
              flex={1}
              allowDeselect={false}
              value={trigger.type}
              data={triggerTypes.map((k) => ({ value: k, label: t(`builder.triggers.${key(k)}`) }))}
              onChange={(k) => k && onChange(value.with(i, newTrigger(k as Trigger['type'])))}
            />
            {value.length > 1 && (
              <ActionIcon
                size="lg"
                aria-label={t('builder.removeTrigger')}
                onClick={() => onChange(value.toSpliced(i, 1))}
              >
                <IconX size={16} />
              </ActionIcon>
            )}
          </Group>
          <Details value={trigger} onChange={(x) => onChange(value.with(i, x))} />
          <Faults at={`/triggers/${i}`} />
        </div>
      ))}
      {value.length < 10 && (
        <Button
          variant="subtle"
          size="compact-sm"
          w="fit-content"
          leftSection={<IconPlus size={14} />}
          onClick={() => onChange([...value, newTrigger('booking.created')])}
        >
          {t('builder.addTrigger')}
        </Button>
      )}
    </StepCard>
  );
}

const keys = {
  'booking.starts': 'starts',
  'booking.ends': 'ends',
  'booking.created': 'created',
  'booking.changed': 'changed',
  'booking.status_changed': 'status',
  'payment.completed': 'payment',
  'customer.created': 'customer',
} as const;
const key = (k: Trigger['type']) => keys[k];
const moved = ['start', 'end', 'location', 'service', 'resource', 'extras'] as const;

function Details({ value, onChange }: { value: Trigger; onChange: (t: Trigger) => void }) {
  const { t } = useTranslation();
  const { statuses, label } = useStatuses();
  const { currency } = useBusiness();
  const choices = statuses.map((s) => ({ value: s.key, label: label(s.key) }));
  if (value.type === 'booking.starts' || value.type === 'booking.ends')
    return (
      <>
        <OffsetFields
          value={value.offset as Offset}
          onChange={(offset) => onChange({ ...value, offset } as Trigger)}
        />
        <Group gap="sm" align="end">
          <Select
            label={t('builder.late')}
            flex="1 1 220px"
            allowDeselect={false}
            value={value.late ?? ((value.offset as Offset).direction === 'before' ? 'skip' : 'send_now')}
            data={(['skip', 'send_now'] as const).map((v) => ({ value: v, label: t(`builder.lates.${v}`) }))}
            onChange={(late) => onChange({ ...value, late: late as 'skip' })}
          />
          <Duration
            label={t('builder.maxLate')}
            value={value.max_lateness}
            onChange={(max_lateness) => onChange({ ...value, max_lateness })}
          />
        </Group>
      </>
    );
  if (value.type === 'booking.changed')
    return (
      <Group gap="sm" align="end">
        <MultiSelect
          label={t('builder.changedFields')}
          placeholder={value.fields?.length ? undefined : t('builder.any')}
          flex="1 1 220px"
          value={value.fields ?? []}
          data={moved.map((f) => ({ value: f, label: t(`builder.moved.${f}`) }))}
          onChange={(f) => onChange({ ...value, fields: f.length ? (f as (typeof moved)[number][]) : null })}
        />
        <Duration
          label={t('builder.minShift')}
          value={value.min_shift}
          onChange={(min_shift) => onChange({ ...value, min_shift })}
        />
        <Duration
          label={t('builder.hold')}
          value={value.hold}
          onChange={(hold) => onChange({ ...value, hold })}
        />
      </Group>
    );
  if (value.type === 'booking.status_changed')
    return (
      <Group gap="sm" align="end">
        {(['from', 'to'] as const).map((end) => (
          <MultiSelect
            key={end}
            label={t(`builder.${end}`)}
            placeholder={value[end]?.length ? undefined : t('builder.any')}
            flex="1 1 200px"
            value={value[end] ?? []}
            data={choices}
            onChange={(s) => onChange({ ...value, [end]: s.length ? s : null })}
          />
        ))}
      </Group>
    );
  if (value.type === 'payment.completed')
    return (
      <Group gap="md" align="center">
        <NumberInput
          label={t('builder.minAmount', { currency })}
          w={180}
          min={0}
          decimalScale={2}
          value={value.min_amount == null ? '' : value.min_amount / 100}
          onChange={(n) => onChange({ ...value, min_amount: n === '' ? null : Math.round(Number(n) * 100) })}
        />
        <Checkbox
          mt={22}
          label={t('builder.inFull')}
          checked={value.in_full ?? false}
          onChange={(e) => onChange({ ...value, in_full: e.currentTarget.checked })}
        />
      </Group>
    );
  return null;
}

function OffsetFields({ value, onChange }: { value: Offset; onChange: (o: Offset) => void }) {
  const { t } = useTranslation();
  const days = value.unit === 'days' || value.unit === 'weeks';
  return (
    <Group gap="sm" align="end">
      <NumberInput
        label={t('builder.amount')}
        w={84}
        min={0}
        max={1000}
        value={value.amount}
        onChange={(n) => onChange({ ...value, amount: Number(n) || 0 })}
      />
      <Select
        label={t('builder.unit')}
        w={116}
        allowDeselect={false}
        value={value.unit}
        data={units.map((u) => ({ value: u, label: t(`builder.units.${u}`) }))}
        onChange={(u) => {
          // A wall-clock time and working days mean something for whole days only.
          const whole = u === 'days' || u === 'weeks';
          const { at, working_days, ...rest } = value;
          onChange({
            ...rest,
            ...(whole && at && { at }),
            ...(u === 'days' && working_days && { working_days }),
            unit: u as 'days',
          });
        }}
      />
      <Select
        label={t('builder.direction')}
        w={110}
        allowDeselect={false}
        value={value.direction}
        data={(['before', 'after'] as const).map((d) => ({ value: d, label: t(`builder.${d}`) }))}
        onChange={(d) => onChange({ ...value, direction: d as 'before' })}
      />
      {days && (
        <TextInput
          label={t('builder.at')}
          type="time"
          w={120}
          value={value.at ?? ''}
          onChange={(e) => onChange({ ...value, at: e.currentTarget.value || null })}
        />
      )}
      {value.unit === 'days' && (
        <Checkbox
          mb={8}
          label={t('builder.workingDays')}
          checked={value.working_days ?? false}
          onChange={(e) => onChange({ ...value, working_days: e.currentTarget.checked })}
        />
      )}
    </Group>
  );
}
