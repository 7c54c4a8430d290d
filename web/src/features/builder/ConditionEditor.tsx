import {
  ActionIcon,
  Autocomplete,
  Button,
  Group,
  NumberInput,
  Select,
  TagsInput,
  TextInput,
} from '@mantine/core';
import { IconPlus, IconX } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { $api } from '@/api/client';
import classes from './builder.module.css';
import type { Condition } from './model';

type Compare = Extract<Condition, { field: string }>;
const ops = ['eq', 'ne', 'lt', 'lte', 'gt', 'gte', 'in', 'contains', 'starts_with', 'exists'] as const;
type Op = (typeof ops)[number];
const fresh = (): Condition => ({ field: 'booking.status', op: 'eq', value: '' });
const deepest = 8;

type Props = { value: Condition; onChange: (c: Condition | null) => void; at: string; depth?: number };

/** A group (all, any, none) or a comparison; groups stand in groups as deep as the server allows. */
export function ConditionEditor({ value, onChange, at, depth = 1 }: Props) {
  const { t } = useTranslation();
  if ('field' in value) return <Comparison value={value} onChange={onChange} />;
  const kind = 'all' in value ? 'all' : 'any' in value ? 'any' : 'not';
  const inner: Condition[] = 'all' in value ? value.all : 'any' in value ? value.any : [value.not];
  const make = (k: string, list: Condition[]): Condition =>
    k === 'all'
      ? { all: list }
      : k === 'any'
        ? { any: list }
        : { not: list.length === 1 ? (list[0] as Condition) : { all: list } };
  const set = (list: Condition[]) => onChange(list.length ? make(kind, list) : null);
  return (
    <fieldset className={classes.group}>
      <legend className="visually-hidden">{t('builder.group')}</legend>
      <Group gap="xs" wrap="nowrap">
        <Select
          aria-label={t('builder.group')}
          flex={1}
          maw={260}
          allowDeselect={false}
          value={kind}
          data={(['all', 'any', 'not'] as const).map((k) => ({ value: k, label: t(`builder.groups.${k}`) }))}
          onChange={(k) => k && onChange(make(k, inner))}
        />
        <ActionIcon size="lg" aria-label={t('builder.removeGroup')} onClick={() => onChange(null)}>
          <IconX size={16} />
        </ActionIcon>
      </Group>
      {inner.map((c, i) => (
        <ConditionEditor
          // biome-ignore lint/suspicious/noArrayIndexKey: a condition has no identity of its own
          key={i}
          value={c}
          depth={depth + 1}
          at={kind === 'not' ? `${at}/not` : `${at}/${kind}/${i}`}
          onChange={(x) => set(x ? inner.with(i, x) : inner.toSpliced(i, 1))}
        />
      ))}
      <Group gap="xs">
        {kind !== 'not' && (
          <Button
            variant="subtle"
            size="compact-sm"
            leftSection={<IconPlus size={14} />}
            onClick={() => set([...inner, fresh()])}
          >
            {t('builder.addComparison')}
          </Button>
        )}
        {kind !== 'not' && depth < deepest - 1 && (
          <Button
            variant="subtle"
            size="compact-sm"
            leftSection={<IconPlus size={14} />}
            onClick={() => set([...inner, { any: [fresh()] }])}
          >
            {t('builder.addGroup')}
          </Button>
        )}
      </Group>
    </fieldset>
  );
}

function Comparison({ value, onChange }: { value: Compare; onChange: (c: Condition | null) => void }) {
  const { t, i18n } = useTranslation();
  const { data } = $api.useQuery('get', '/v1/variables', {}, { staleTime: Number.POSITIVE_INFINITY });
  const known = data?.data.find((v) => v.name === value.field);
  const labels = new Map(data?.data.map((v) => [v.name, v.label[i18n.language as 'nb']]));
  // A comparison keeps its value when the operator changes to one of the same shape, and gets an empty one otherwise.
  const shape = (op: Op) => (op === 'in' ? [] : op === 'exists' ? true : '');
  return (
    <div className={classes.comparison}>
      <Autocomplete
        aria-label={t('builder.field')}
        className={classes.wideField}
        value={value.field}
        data={[...labels.keys()].filter((k) => !k.includes('<'))}
        renderOption={({ option }) => `${labels.get(option.value) ?? ''} · ${option.value}`}
        limit={60}
        onChange={(field) => onChange({ ...value, field })}
      />
      <Select
        aria-label={t('builder.op')}
        w={140}
        allowDeselect={false}
        value={value.op}
        data={ops.map((o) => ({ value: o, label: t(`builder.ops.${o}`) }))}
        onChange={(o) => {
          const op = o as Op;
          const same =
            typeof shape(op) === typeof value.value && Array.isArray(value.value) === (op === 'in');
          onChange({ ...value, op, value: (same ? value.value : shape(op)) as never });
        }}
      />
      <Value value={value} type={known?.type} onChange={(v) => onChange({ ...value, value: v as never })} />
      <ActionIcon size="lg" aria-label={t('builder.removeComparison')} onClick={() => onChange(null)}>
        <IconX size={16} />
      </ActionIcon>
    </div>
  );
}

function Value({ value, type, onChange }: { value: Compare; type?: string; onChange: (v: unknown) => void }) {
  const { t } = useTranslation();
  const label = t('builder.value');
  const now = value.value as unknown;
  if (value.op === 'in')
    return (
      <TagsInput
        aria-label={label}
        flex={1}
        value={(Array.isArray(now) ? now : []).map(String)}
        onChange={(list) =>
          onChange(
            list.map((x) => (type === 'number' && x !== '' && !Number.isNaN(Number(x)) ? Number(x) : x)),
          )
        }
      />
    );
  if (value.op === 'exists' || type === 'boolean' || typeof now === 'boolean')
    return (
      <Select
        aria-label={label}
        flex={1}
        allowDeselect={false}
        value={String(now)}
        data={[
          { value: 'true', label: t('common.yes') },
          { value: 'false', label: t('common.no') },
        ]}
        onChange={(v) => onChange(v === 'true')}
      />
    );
  if (type === 'number' || typeof now === 'number')
    return (
      <NumberInput
        aria-label={label}
        flex={1}
        value={typeof now === 'number' ? now : ''}
        onChange={(n) => onChange(n === '' ? '' : Number(n))}
      />
    );
  return (
    <TextInput
      aria-label={label}
      flex={1}
      value={String(now ?? '')}
      onChange={(e) => onChange(e.currentTarget.value)}
    />
  );
}
