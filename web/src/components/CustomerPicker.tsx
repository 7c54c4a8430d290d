import { Select } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { $api } from '@/api/client';
import type { components } from '@/api/schema';
import { usePages } from '@/lib/lists';
import { fullName } from '@/lib/use-business';

type Customer = components['schemas']['Customer'];
type Props = {
  label?: string;
  ariaLabel?: string;
  placeholder?: string;
  value: string | null;
  onChange: (id: string | null) => void;
  error?: string;
};

/** One customer of however many: the server searches, the first fifty are shown. */
export function CustomerPicker({ label, ariaLabel, placeholder, value, onChange, error }: Props) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState('');
  const [q] = useDebouncedValue(typed, 250);
  const chosen = $api.useQuery(
    'get',
    '/v1/customers/{id}',
    { params: { path: { id: value ?? '' } } },
    { enabled: Boolean(value) },
  );
  const shown = (c: Customer) => {
    const name = fullName(c);
    return c.email && c.email !== name ? `${name} · ${c.email}` : name;
  };
  // What stands in the field is no search of its own.
  const search = chosen.data && q === shown(chosen.data) ? '' : q;
  const found = usePages<Customer>('/v1/customers', { q: search.trim() || undefined });
  const rows = [...found.rows];
  if (chosen.data && !rows.some((r) => r.id === chosen.data.id)) rows.unshift(chosen.data);
  return (
    <Select
      label={label}
      aria-label={ariaLabel}
      placeholder={placeholder}
      data={rows.map((c) => ({ value: c.id, label: shown(c) || c.id }))}
      value={value}
      onChange={onChange}
      searchable
      clearable
      onSearchChange={setTyped}
      filter={({ options }) => options}
      nothingFoundMessage={t('common.noHits')}
      error={error}
      maxDropdownHeight={280}
      clearButtonProps={{ 'aria-label': t('common.clear') }}
    />
  );
}
