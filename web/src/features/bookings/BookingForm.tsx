import {
  Alert,
  Button,
  Drawer,
  Group,
  NumberInput,
  Select,
  SimpleGrid,
  Stack,
  Text,
  Textarea,
  TextInput,
} from '@mantine/core';
import { DatePickerInput, TimeInput } from '@mantine/dates';
import '@mantine/dates/styles.css';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import { CustomerPicker } from '@/components/CustomerPicker';
import { useAct } from '@/lib/act';
import { major } from '@/lib/money';
import { elsewhere, faultAt, sentence } from '@/lib/problem';
import { unwrap } from '@/lib/unwrap';
import {
  named,
  useBusiness,
  useExtras,
  useLocations,
  useResources,
  useServices,
  useStatuses,
} from '@/lib/use-business';
import { bodyOf, changesOf, type Draft, type Form, formOf } from './draft';
import type { Booking } from './parts';

export type { Draft } from './draft';

const shown = [
  '/customer',
  '/service',
  '/location',
  '/resource',
  '/start',
  '/end',
  '/price',
  '/notes',
  '/status',
];

/** A new booking, or one that stands: the same form. Closing it by accident asks nothing back, so a changed one stays. */
export function BookingForm({ draft, onClose }: { draft: Draft; onClose: () => void }) {
  const { t } = useTranslation();
  const { zone, currency } = useBusiness();
  const [before] = useState(() => formOf(draft, zone));
  const [form, setForm] = useState(before);
  const act = useAct();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const set = (patch: Partial<Form>) => setForm((f) => ({ ...f, ...patch }));
  const old = draft.booking;
  const dirty = JSON.stringify(before) !== JSON.stringify(form);
  const save = async () => {
    const body = bodyOf(form, currency);
    const answer = await act.run(
      (headers) =>
        old
          ? unwrap<Booking>(
              api.PATCH('/v1/bookings/{id}', {
                params: { path: { id: old.id } },
                body: changesOf(before, form, currency),
                headers: { 'If-Match': `"${old.revision}"` },
              }),
            )
          : unwrap<Booking>(api.POST('/v1/bookings', { body, headers })),
      { of: body, done: t(old ? 'bookings.saved' : 'bookings.made') },
    );
    if (!answer?.ok) return;
    await queries.invalidateQueries();
    onClose();
    if (!old) navigate({ to: '/bookings/$id', params: { id: answer.value.id } });
  };
  return (
    <Drawer
      opened
      onClose={() => (dirty ? undefined : onClose())}
      closeOnEscape={!dirty}
      position="right"
      size="lg"
      title={t(old ? 'bookings.edit' : 'bookings.new')}
      closeButtonProps={{ 'aria-label': t('common.close'), onClick: onClose }}
    >
      <form
        noValidate
        onSubmit={(e) => {
          e.preventDefault();
          save();
        }}
      >
        <Stack gap="md">
          {elsewhere(act.faults, shown).map((f) => (
            <Alert key={f.pointer + f.code} color="red" variant="light">
              {f.pointer} {sentence(f)}
            </Alert>
          ))}
          <Who form={form} set={set} faults={act.faults} />
          <What form={form} set={set} faults={act.faults} isNew={!old} />
          <Rest form={form} set={set} faults={act.faults} currency={currency} />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t('common.cancel')}
            </Button>
            <Button type="submit" loading={act.busy} disabled={!dirty}>
              {t(old ? 'common.save' : 'bookings.make')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Drawer>
  );
}

type Part = { form: Form; set: (p: Partial<Form>) => void; faults: Parameters<typeof faultAt>[0] };

function Who({ form, set, faults }: Part) {
  const { t } = useTranslation();
  const text = (key: 'first' | 'last' | 'email' | 'phone', at: string) => (
    <TextInput
      label={t(`bookings.${key}`)}
      value={form[key]}
      onChange={(e) => set({ [key]: e.currentTarget.value })}
      error={faultAt(faults, at)}
      dir={key === 'email' || key === 'phone' ? 'ltr' : 'auto'}
    />
  );
  const whole = faults.some((f) => f.pointer === '/customer') ? faultAt(faults, '/customer') : undefined;
  return (
    <>
      <CustomerPicker
        label={t('bookings.customer')}
        placeholder={t('bookings.newCustomer')}
        value={form.customer}
        onChange={(customer) => set({ customer })}
        error={whole}
      />
      {!form.customer && (
        <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
          {text('first', '/customer/first_name')}
          {text('last', '/customer/last_name')}
          {text('email', '/customer/email')}
          {text('phone', '/customer/phone')}
        </SimpleGrid>
      )}
    </>
  );
}

function What({ form, set, faults, isNew }: Part & { isNew: boolean }) {
  const { t, i18n } = useTranslation();
  const services = useServices();
  const options = (rows: { id: string; name: string; names?: Record<string, string> }[]) =>
    rows.map((r) => ({ value: r.id, label: named(r, i18n.language) }));
  const pick = (id: string | null) => {
    const s = services.find((x) => x.id === id);
    set({
      service: id,
      ...(isNew && s?.duration_minutes && { minutes: s.duration_minutes }),
      ...(isNew && s?.price && { price: major(s.price.amount, s.price.currency) }),
    });
  };
  const select = (key: 'location' | 'resource', data: { value: string; label: string }[]) => (
    <Select
      label={t(`bookings.${key}`)}
      data={data}
      value={form[key]}
      onChange={(v) => set({ [key]: v })}
      clearable
      searchable
      error={faultAt(faults, `/${key}`)}
      clearButtonProps={{ 'aria-label': t('common.clear') }}
    />
  );
  return (
    <>
      <Select
        label={t('bookings.service')}
        data={options(services)}
        value={form.service}
        onChange={pick}
        searchable
        withAsterisk
        error={faultAt(faults, '/service')}
      />
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
        {select('location', options(useLocations()))}
        {select('resource', options(useResources()))}
      </SimpleGrid>
      <SimpleGrid cols={{ base: 2, xs: 3 }} spacing="sm">
        <DatePickerInput
          label={t('bookings.day')}
          value={form.day}
          onChange={(day) => set({ day })}
          valueFormat="D. MMM YYYY"
          locale={i18n.language}
          firstDayOfWeek={1}
          withAsterisk
          error={faultAt(faults, '/start')}
        />
        <TimeInput
          label={t('bookings.time')}
          value={form.time}
          onChange={(e) => set({ time: e.currentTarget.value })}
          withAsterisk
        />
        <NumberInput
          label={t('bookings.minutes')}
          value={form.minutes}
          onChange={(v) => set({ minutes: typeof v === 'number' ? v : '' })}
          min={1}
          max={60 * 24 * 60}
          allowDecimal={false}
          error={faultAt(faults, '/end')}
        />
      </SimpleGrid>
    </>
  );
}

function Rest({ form, set, faults, currency }: Part & { currency: string }) {
  const { t, i18n } = useTranslation();
  const { statuses, label } = useStatuses();
  const { languages } = useBusiness();
  const extras = useExtras();
  const names = new Intl.DisplayNames(i18n.language, { type: 'language' });
  return (
    <>
      {extras.length > 0 && (
        <fieldset style={{ border: 0, padding: 0, margin: 0 }}>
          <Text component="legend" size="sm" fw={550} mb={5}>
            {t('bookings.extras')}
          </Text>
          <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
            {extras.map((e) => (
              <NumberInput
                key={e.id}
                label={named(e, i18n.language)}
                value={form.extras[e.id] ?? 0}
                onChange={(n) => set({ extras: { ...form.extras, [e.id]: typeof n === 'number' ? n : 0 } })}
                min={0}
                max={999}
                allowDecimal={false}
              />
            ))}
          </SimpleGrid>
        </fieldset>
      )}
      <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="sm">
        <NumberInput
          label={t('bookings.price', { currency })}
          value={form.price}
          onChange={(v) => set({ price: typeof v === 'number' ? v : '' })}
          min={0}
          decimalScale={2}
          decimalSeparator={i18n.language === 'nb' ? ',' : '.'}
          error={faultAt(faults, '/price')}
        />
        <Select
          label={t('bookings.status')}
          data={statuses.map((s) => ({ value: s.key, label: label(s.key) }))}
          value={form.status}
          onChange={(v) => v && set({ status: v })}
          error={faultAt(faults, '/status')}
        />
        <Select
          label={t('bookings.language')}
          placeholder={t('bookings.customersOwn')}
          data={[...new Set([...languages, ...(form.language ? [form.language] : [])])].map((l) => ({
            value: l,
            label: names.of(l) ?? l,
          }))}
          value={form.language}
          onChange={(language) => set({ language })}
          clearable
          clearButtonProps={{ 'aria-label': t('common.clear') }}
        />
      </SimpleGrid>
      <Textarea
        label={t('bookings.notes')}
        value={form.notes}
        onChange={(e) => set({ notes: e.currentTarget.value })}
        autosize
        minRows={2}
        maxRows={8}
        error={faultAt(faults, '/notes')}
        dir="auto"
      />
      <Select
        label={t('bookings.automations')}
        description={t(`bookings.automationsHint.${form.automations}`)}
        data={(['on', 'timed', 'off'] as const).map((v) => ({
          value: v,
          label: t(`bookings.automationsWord.${v}`),
        }))}
        value={form.automations}
        onChange={(v) => v && set({ automations: v as Form['automations'] })}
      />
    </>
  );
}
