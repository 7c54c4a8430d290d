import { Alert, Button, Drawer, Group, Select, SimpleGrid, Stack, TagsInput, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import type { components } from '@/api/schema';
import { useAct } from '@/lib/act';
import { elsewhere, faultAt, sentence } from '@/lib/problem';
import { unwrap } from '@/lib/unwrap';
import { useBusiness } from '@/lib/use-business';

type Customer = components['schemas']['Customer'];
const shown = ['/first_name', '/last_name', '/email', '/phone', '/language', '/tags'];

/** A new customer, or the facts of one. */
export function CustomerForm({ customer, onClose }: { customer?: Customer; onClose: () => void }) {
  const { t, i18n } = useTranslation();
  const { languages } = useBusiness();
  const act = useAct();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [form, setForm] = useState({
    first_name: customer?.first_name ?? '',
    last_name: customer?.last_name ?? '',
    email: customer?.email ?? '',
    phone: customer?.phone ?? '',
    language: customer?.language ?? null,
    tags: customer?.tags ?? [],
  });
  const set = (patch: Partial<typeof form>) => setForm((f) => ({ ...f, ...patch }));
  const names = new Intl.DisplayNames(i18n.language, { type: 'language' });
  const save = async () => {
    const body = {
      ...form,
      first_name: form.first_name.trim() || null,
      last_name: form.last_name.trim() || null,
      email: form.email.trim() || null,
      phone: form.phone.trim() || null,
    };
    const answer = await act.run(
      (headers) =>
        customer
          ? unwrap<Customer>(
              api.PATCH('/v1/customers/{id}', {
                params: { path: { id: customer.id } },
                body,
                headers: { 'If-Match': `"${customer.revision}"` },
              }),
            )
          : unwrap<Customer>(api.POST('/v1/customers', { body, headers })),
      { of: body, done: t('customers.saved') },
    );
    await queries.invalidateQueries();
    if (!answer?.ok) return;
    onClose();
    if (!customer) navigate({ to: '/customers/$id', params: { id: answer.value.id } });
  };
  const text = (key: 'first_name' | 'last_name' | 'email' | 'phone') => (
    <TextInput
      label={t(`customers.${key}`)}
      value={form[key]}
      onChange={(e) => set({ [key]: e.currentTarget.value })}
      error={faultAt(act.faults, `/${key}`)}
    />
  );
  return (
    <Drawer
      opened
      onClose={onClose}
      position="right"
      size="md"
      title={t(customer ? 'customers.edit' : 'customers.new')}
      closeButtonProps={{ 'aria-label': t('common.close') }}
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
              {sentence(f)}
            </Alert>
          ))}
          <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
            {text('first_name')}
            {text('last_name')}
          </SimpleGrid>
          {text('email')}
          {text('phone')}
          <Select
            label={t('customers.language')}
            data={[...new Set([...languages, ...(form.language ? [form.language] : [])])].map((l) => ({
              value: l,
              label: names.of(l) ?? l,
            }))}
            value={form.language}
            onChange={(language) => set({ language })}
            clearable
            error={faultAt(act.faults, '/language')}
            clearButtonProps={{ 'aria-label': t('common.clear') }}
          />
          <TagsInput
            label={t('customers.tags')}
            value={form.tags}
            onChange={(tags) => set({ tags })}
            error={faultAt(act.faults, '/tags')}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t('common.cancel')}
            </Button>
            <Button type="submit" loading={act.busy}>
              {t('common.save')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Drawer>
  );
}
