import { Group, Input, NumberInput, Select, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { readDuration, type Unit, units, writeDuration } from './model';

type Props = { label: string; value: string | null | undefined; onChange: (v: string | null) => void };

/** An amount and a unit; empty is none. One of several units (`P1DT2H`) is shown as it is written. */
export function Duration({ label, value, onChange }: Props) {
  const { t } = useTranslation();
  const read = readDuration(value);
  if (value && !read)
    return (
      <TextInput label={label} value={value} onChange={(e) => onChange(e.currentTarget.value || null)} />
    );
  const unit = read?.unit ?? 'hours';
  return (
    <Input.Wrapper label={label} labelElement="div">
      <Group gap={6} wrap="nowrap">
        <NumberInput
          aria-label={label}
          w={84}
          min={0}
          value={read?.amount ?? ''}
          onChange={(n) => onChange(n === '' ? null : writeDuration(Number(n), unit))}
        />
        <Select
          aria-label={t('builder.unit')}
          w={116}
          value={unit}
          data={units.map((u) => ({ value: u, label: t(`builder.units.${u}`) }))}
          onChange={(u) => u && onChange(writeDuration(read?.amount ?? 1, u as Unit))}
        />
      </Group>
    </Input.Wrapper>
  );
}
