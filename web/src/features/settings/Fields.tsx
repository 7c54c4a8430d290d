import { ColorInput, NumberInput, Select, SimpleGrid, Textarea, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { decimalsOf, major, minor } from '@/lib/money';
import { type Fault, faultAt } from '@/lib/problem';
import { useBusiness } from '@/lib/use-business';

/** One field of a simple form: where it lies in the body, and how it is asked for. */
export type Field = {
  key: string;
  label: string;
  kind?: 'text' | 'area' | 'number' | 'money' | 'select' | 'names' | 'zone' | 'colour';
  hint?: string;
  options?: { value: string; label: string }[];
  required?: boolean;
  /** Only asked for when the thing is made. */
  fixed?: boolean;
  min?: number;
  max?: number;
};
export type Values = Record<string, unknown>;
type Props = { fields: Field[]; values: Values; set: (patch: Values) => void; faults: Fault[] };

export function Fields({ fields, values, set, faults }: Props) {
  return fields.map((f) => (
    <OneField
      key={f.key}
      field={f}
      value={values[f.key]}
      set={(v) => set({ [f.key]: v })}
      error={faultAt(faults, `/${f.key.replaceAll('.', '/')}`)}
      faults={faults}
    />
  ));
}

type OneProps = { field: Field; value: unknown; set: (v: unknown) => void; error?: string; faults: Fault[] };

function OneField({ field: f, value, set, error, faults }: OneProps) {
  const { t, i18n } = useTranslation();
  const { currency } = useBusiness();
  const base = { label: f.label, description: f.hint, error, withAsterisk: f.required };
  const text = typeof value === 'string' ? value : '';
  switch (f.kind) {
    case 'area':
      return (
        <Textarea
          {...base}
          autosize
          minRows={2}
          maxRows={8}
          value={text}
          onChange={(e) => set(e.currentTarget.value || null)}
          dir="auto"
        />
      );
    case 'number':
      return (
        <NumberInput
          {...base}
          value={typeof value === 'number' ? value : ''}
          onChange={(v) => set(typeof v === 'number' ? v : null)}
          min={f.min ?? 0}
          max={f.max}
          allowDecimal={false}
        />
      );
    case 'money': {
      const m = value as { amount: number; currency: string } | null | undefined;
      const unit = m?.currency ?? currency;
      return (
        <NumberInput
          {...base}
          label={`${f.label} (${unit})`}
          value={m ? major(m.amount, unit) : ''}
          onChange={(v) => set(typeof v === 'number' ? { amount: minor(v, unit), currency: unit } : null)}
          min={0}
          decimalScale={decimalsOf(unit)}
          decimalSeparator={i18n.language === 'nb' ? ',' : '.'}
        />
      );
    }
    case 'select':
      return (
        <Select
          {...base}
          data={f.options ?? []}
          value={text || null}
          onChange={(v) => set(v)}
          searchable={(f.options?.length ?? 0) > 8}
          clearable={!f.required}
          clearButtonProps={{ 'aria-label': t('common.clear') }}
        />
      );
    case 'zone':
      return (
        <Select
          {...base}
          data={Intl.supportedValuesOf('timeZone')}
          value={text || null}
          onChange={(v) => set(v)}
          searchable
          clearable={!f.required}
          limit={60}
          clearButtonProps={{ 'aria-label': t('common.clear') }}
        />
      );
    case 'colour':
      return (
        <ColorInput
          {...base}
          value={text}
          onChange={(v) => set(v || null)}
          format="hex"
          eyeDropperButtonProps={{ 'aria-label': t('settings.pickColour') }}
        />
      );
    case 'names':
      return <Names field={f} value={(value ?? {}) as Record<string, string>} set={set} faults={faults} />;
    default:
      return (
        <TextInput {...base} value={text} onChange={(e) => set(e.currentTarget.value || null)} dir="auto" />
      );
  }
}

/** A name in each of the business's languages. */
function Names({
  field: f,
  value,
  set,
  faults,
}: {
  field: Field;
  value: Record<string, string>;
  set: (v: unknown) => void;
  faults: Fault[];
}) {
  const { i18n } = useTranslation();
  const { languages } = useBusiness();
  const words = new Intl.DisplayNames(i18n.language, { type: 'language' });
  const all = [...new Set([...languages, ...Object.keys(value)])];
  return (
    <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
      {all.map((l) => (
        <TextInput
          key={l}
          label={`${f.label}: ${words.of(l) ?? l}`}
          value={value[l] ?? ''}
          onChange={(e) => {
            const next = { ...value, [l]: e.currentTarget.value };
            if (!next[l]) delete next[l];
            set(next);
          }}
          error={faultAt(faults, `/${f.key}/${l}`)}
          dir="auto"
        />
      ))}
    </SimpleGrid>
  );
}

/** What differs between two states of a form, so that a save writes only that. */
export function changed(before: Values, after: Values): Values {
  return Object.fromEntries(
    Object.entries(after).filter(([k, v]) => JSON.stringify(before[k]) !== JSON.stringify(v)),
  );
}
