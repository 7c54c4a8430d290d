import { Button, SegmentedControl, Select, TextInput } from '@mantine/core';
import { useDebouncedCallback, useMediaQuery } from '@mantine/hooks';
import { IconPlus, IconSearch } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Page } from '@/app/Page';
import panel from '@/components/panel.module.css';
import { type Search, useAddress } from '@/lib/address';
import { useMay } from '@/lib/role';
import { named, useLocations, useResources, useServices, useStatuses } from '@/lib/use-business';
import { BookingForm, type Draft } from './BookingForm';
import { CalendarView } from './CalendarView';
import { ListView, spans } from './ListView';

const views = ['week', 'day', 'month', 'people', 'list'] as const;
export type View = (typeof views)[number];

export function BookingsPage() {
  const { t } = useTranslation();
  const [search, set] = useAddress();
  const may = useMay();
  const phone = useMediaQuery('(max-width: 48em)') ?? false;
  const [draft, setDraft] = useState<Draft | null>(null);
  const asked = views.find((v) => v === search.view) ?? 'week';
  // The grid of a week does not fit a phone: there it is the agenda of the same days.
  const view: View = phone && asked === 'people' ? 'day' : asked;
  return (
    <Page
      title={t('bookings.title')}
      lead={t('bookings.lead')}
      wide
      action={
        may('bookings:write') && (
          <Button leftSection={<IconPlus size={16} />} onClick={() => setDraft({})}>
            {t('bookings.new')}
          </Button>
        )
      }
    >
      <Filters search={search} set={set} view={view} phone={phone} />
      {view === 'list' ? (
        <ListView search={search} />
      ) : (
        <CalendarView view={view} search={search} set={set} phone={phone} onNew={setDraft} />
      )}
      {draft && <BookingForm draft={draft} onClose={() => setDraft(null)} />}
    </Page>
  );
}

type FilterProps = { search: Search; set: (patch: Search) => void; view: View; phone: boolean };

function Filters({ search, set, view, phone }: FilterProps) {
  const { t, i18n } = useTranslation();
  const { statuses, label } = useStatuses();
  const locations = useLocations();
  const resources = useResources();
  const services = useServices();
  const write = useDebouncedCallback((q: string) => set({ q: q || undefined }), 300);
  const options = (rows: { id: string; name: string; names?: Record<string, string> }[]) =>
    rows.map((r) => ({ value: r.id, label: named(r, i18n.language) }));
  const select = (key: string, name: string, data: { value: string; label: string }[]) => (
    <Select
      aria-label={name}
      placeholder={name}
      data={data}
      value={search[key] ?? null}
      onChange={(v) => set({ [key]: v ?? undefined })}
      clearable
      searchable={data.length > 8}
      clearButtonProps={{ 'aria-label': t('common.clear') }}
    />
  );
  return (
    <div className={panel.filters}>
      <SegmentedControl
        style={{ flex: '0 0 auto' }}
        aria-label={t('bookings.view')}
        value={view}
        onChange={(v) => set({ view: v })}
        data={views
          .filter((v) => !(phone && v === 'people'))
          .map((v) => ({ value: v, label: t(`bookings.views.${v}`) }))}
      />
      <TextInput
        aria-label={t('bookings.search')}
        placeholder={t('bookings.search')}
        leftSection={<IconSearch size={16} />}
        defaultValue={search.q ?? ''}
        onChange={(e) => write(e.currentTarget.value)}
        maxLength={200}
      />
      {select('location', t('bookings.location'), options(locations))}
      {select('resource', t('bookings.resource'), options(resources))}
      {select('service', t('bookings.service'), options(services))}
      {select(
        'status',
        t('bookings.status'),
        statuses.map((s) => ({ value: s.key, label: label(s.key) })),
      )}
      {view === 'list' && (
        <Select
          aria-label={t('bookings.span')}
          value={search.span ?? 'all'}
          onChange={(v) => set({ span: v === 'all' ? undefined : (v ?? undefined) })}
          data={spans.map((s) => ({ value: s, label: t(`bookings.spans.${s}`) }))}
        />
      )}
    </div>
  );
}
