import { Autocomplete, Checkbox, Group, Select, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useStatuses } from '@/lib/use-business';
import { ConditionEditor } from './ConditionEditor';
import { Duration } from './Duration';
import type { Action } from './model';

type Other = Exclude<Action, { type: 'email' | 'sms' | 'webhook' }>;
type Props = { value: Other; onChange: (a: Action) => void; at: string };

export function OtherFields({ value, onChange, at }: Props) {
  const { t } = useTranslation();
  const { statuses, label } = useStatuses();
  const choices = statuses.map((s) => ({ value: s.key, label: label(s.key) }));
  if (value.type === 'set_status')
    return (
      <>
        <Select
          label={t('builder.status')}
          value={value.status || null}
          data={choices}
          onChange={(status) => status && onChange({ ...value, status })}
        />
        <Checkbox
          label={t('builder.runWorkflows')}
          checked={value.run_workflows ?? true}
          onChange={(e) => onChange({ ...value, run_workflows: e.currentTarget.checked })}
        />
      </>
    );
  if (value.type === 'stop_if')
    return (
      <ConditionEditor
        value={value.condition}
        at={at}
        onChange={(c) => onChange({ ...value, condition: c ?? { all: [] } })}
      />
    );
  if (value.type === 'set_field')
    return (
      <Group gap="sm" grow>
        <Autocomplete
          label={t('builder.setField')}
          data={['booking.notes', 'booking.answers.', 'customer.fields.']}
          value={value.field}
          onChange={(field) => onChange({ ...value, field })}
        />
        <TextInput
          label={t('builder.value')}
          value={typeof value.value === 'string' ? value.value : JSON.stringify(value.value)}
          onChange={(e) => onChange({ ...value, value: e.currentTarget.value })}
        />
      </Group>
    );
  if (value.type === 'wait') return <Wait value={value} onChange={onChange} choices={choices} />;
  return (
    <TextInput
      label={t('builder.tag')}
      maxLength={100}
      value={value.tag}
      onChange={(e) => onChange({ ...value, tag: e.currentTarget.value })}
    />
  );
}

type Waiting = Extract<Action, { type: 'wait' }>;
type WaitProps = {
  value: Waiting;
  onChange: (a: Action) => void;
  choices: { value: string; label: string }[];
};

/** A time, a time of day, or something that happens with a longest wait. */
function Wait({ value, onChange, choices }: WaitProps) {
  const { t } = useTranslation();
  const kind = value.event != null ? 'event' : value.until != null ? 'until' : 'duration';
  const { duration, until, event, timeout, ...rest } = value;
  const make = (x: object) => onChange({ ...rest, ...x } as Waiting);
  return (
    <Group gap="sm" align="end">
      <Select
        label={t('builder.waitFor')}
        w={190}
        allowDeselect={false}
        value={kind}
        data={(['duration', 'until', 'event'] as const).map((k) => ({
          value: k,
          label: t(`builder.waits.${k}`),
        }))}
        onChange={(k) =>
          make(
            k === 'event'
              ? { event: 'paid', timeout: 'P1D' }
              : k === 'until'
                ? { until: '09:00' }
                : { duration: 'PT1H' },
          )
        }
      />
      {kind === 'duration' && (
        <Duration
          label={t('builder.amount')}
          value={duration}
          onChange={(d) => make({ duration: d ?? 'PT1H' })}
        />
      )}
      {kind === 'until' && (
        <TextInput
          type="time"
          label={t('builder.at')}
          value={until ?? ''}
          onChange={(e) => make({ until: e.currentTarget.value })}
        />
      )}
      {kind === 'event' && (
        <>
          <Select
            label={t('builder.event')}
            allowDeselect={false}
            value={event ?? 'paid'}
            data={[
              { value: 'paid', label: t('builder.paid') },
              ...choices.map((c) => ({ value: `status:${c.value}`, label: c.label })),
            ]}
            onChange={(e) => make({ event: e, timeout })}
          />
          <Duration
            label={t('builder.timeout')}
            value={timeout}
            onChange={(x) => make({ event, timeout: x })}
          />
        </>
      )}
    </Group>
  );
}
