import { Button, Drawer, Group, PasswordInput, Select, Text, TextInput } from '@mantine/core';
import { IconPlugConnected } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import type { components } from '@/api/schema';
import { usePages } from '@/lib/lists';
import { faultAt } from '@/lib/problem';
import { useMay } from '@/lib/role';
import { dayAndTime } from '@/lib/time';
import { unwrap } from '@/lib/unwrap';
import { useBusiness } from '@/lib/use-business';
import { Secret, type Shown } from './Secret';
import { AskButton, FormDrawer, SimpleList } from './Simple';

type Schemas = components['schemas'];
type Source = Schemas['InboundSource'];
const adapters = [
  'calcom',
  'calendly',
  'easyappointments',
  'acuity',
  'square',
  'makeplans',
  'generic',
] as const;
const names: Record<string, string> = {
  calcom: 'Cal.com',
  calendly: 'Calendly',
  easyappointments: 'Easy!Appointments',
  acuity: 'Acuity',
  square: 'Square',
  makeplans: 'MakePlans',
  generic: 'Generic',
};

/** Booking systems whose webhooks make bookings here. */
export function Inbound() {
  const { t } = useTranslation();
  const may = useMay()('business:write');
  const list = usePages<Source>('/v1/inbound-sources');
  const queries = useQueryClient();
  const [open, setOpen] = useState<Source | 'new' | null>(null);
  const [seen, setSeen] = useState<Source | null>(null);
  const [shown, setShown] = useState<Shown | null>(null);
  const address = (s: Schemas['NewInboundSource']) =>
    setShown({
      title: t('settings.inbound.address'),
      text: t('settings.inbound.addressText'),
      secrets: [[t('settings.inbound.address'), s.url || s.path]],
    });
  return (
    <>
      <SimpleList
        list={list}
        icon={<IconPlugConnected size={28} stroke={1.6} />}
        none={t('settings.inbound.none')}
        noneText={t('settings.inbound.noneText')}
        add={may ? { label: t('settings.inbound.new'), go: () => setOpen('new') } : undefined}
        columns={[
          { label: t('settings.name'), of: (s) => s.name },
          { label: t('settings.inbound.adapter'), of: (s) => names[s.adapter] ?? s.adapter },
          { label: t('settings.inbound.secret'), of: (s) => t(s.has_secret ? 'common.yes' : 'common.no') },
        ]}
        acts={(s) => (
          <Group gap={4} wrap="nowrap" justify="flex-end">
            <Button size="compact-sm" variant="subtle" onClick={() => setSeen(s)}>
              {t('settings.inbound.taken')}
            </Button>
            {may && (
              <>
                <Button size="compact-sm" variant="subtle" onClick={() => setOpen(s)}>
                  {t('settings.edit')}
                </Button>
                <AskButton
                  label={t('settings.inbound.newAddress')}
                  text={t('settings.inbound.newAddressText')}
                  danger={false}
                  go={async (act) => {
                    const a = await act.run((headers) =>
                      unwrap<Schemas['NewInboundSource']>(
                        api.POST('/v1/inbound-sources/{id}/token', {
                          params: { path: { id: s.id } },
                          headers,
                        }),
                      ),
                    );
                    if (a?.ok) address(a.value);
                  }}
                />
                <AskButton
                  label={t('settings.delete')}
                  text={t('settings.inbound.deleteText', { name: s.name })}
                  go={async (act) => {
                    await act.run(
                      () =>
                        unwrap(api.DELETE('/v1/inbound-sources/{id}', { params: { path: { id: s.id } } })),
                      { done: t('settings.deleted') },
                    );
                    await queries.invalidateQueries();
                  }}
                />
              </>
            )}
          </Group>
        )}
      />
      {open && (
        <SourceForm source={open === 'new' ? null : open} onClose={() => setOpen(null)} onMade={address} />
      )}
      {seen && <Taken source={seen} onClose={() => setSeen(null)} />}
      <Secret shown={shown} onClose={() => setShown(null)} />
    </>
  );
}

function SourceForm({
  source: s,
  onClose,
  onMade,
}: {
  source: Source | null;
  onClose: () => void;
  onMade: (s: Schemas['NewInboundSource']) => void;
}) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [form, setForm] = useState({
    adapter: s?.adapter ?? ('calcom' as Source['adapter']),
    name: s?.name ?? '',
    secret: '',
    api_token: '',
  });
  const set = (p: Partial<typeof form>) => setForm((f) => ({ ...f, ...p }));
  const hidden = (key: 'secret' | 'api_token', stands: boolean | undefined, error?: string) => (
    <PasswordInput
      label={t(`settings.inbound.${key}`)}
      description={stands ? t('settings.channels.secretSet') : undefined}
      value={form[key]}
      onChange={(e) => set({ [key]: e.currentTarget.value })}
      error={error}
      autoComplete="off"
      visibilityToggleButtonProps={{ 'aria-label': t('people.showPassword') }}
    />
  );
  return (
    <FormDrawer
      title={t(s ? 'settings.inbound.edit' : 'settings.inbound.new')}
      save={t('common.save')}
      shown={['/adapter', '/name', '/secret', '/api_token']}
      onClose={onClose}
      onSave={async (act) => {
        const rest = {
          ...(form.name && { name: form.name }),
          ...(form.secret && { secret: form.secret }),
          ...(form.api_token && { api_token: form.api_token }),
        };
        const answer = await act.run(
          (headers) =>
            s
              ? unwrap(
                  api.PATCH('/v1/inbound-sources/{id}', {
                    params: { path: { id: s.id } },
                    body: rest,
                    headers: { 'If-Match': `"${s.revision}"` },
                  }),
                )
              : unwrap(
                  api.POST('/v1/inbound-sources', { body: { adapter: form.adapter, ...rest }, headers }),
                ),
          { of: { ...rest, adapter: form.adapter }, done: t('settings.saved') },
        );
        await queries.invalidateQueries();
        if (!answer?.ok) return;
        onClose();
        if (!s) onMade(answer.value as Schemas['NewInboundSource']);
      }}
    >
      {(faults) => (
        <>
          {!s && (
            <Select
              label={t('settings.inbound.adapter')}
              data={adapters.map((a) => ({ value: a, label: names[a] ?? a }))}
              value={form.adapter}
              onChange={(v) => v && set({ adapter: v as Source['adapter'] })}
              error={faultAt(faults, '/adapter')}
            />
          )}
          <TextInput
            label={t('settings.name')}
            value={form.name}
            onChange={(e) => set({ name: e.currentTarget.value })}
            error={faultAt(faults, '/name')}
          />
          {hidden('secret', s?.has_secret, faultAt(faults, '/secret'))}
          {hidden('api_token', s?.has_api_token, faultAt(faults, '/api_token'))}
          <Text size="sm" c="dimmed">
            {t('settings.inbound.more')}
          </Text>
        </>
      )}
    </FormDrawer>
  );
}

function Taken({ source, onClose }: { source: Source; onClose: () => void }) {
  const { t, i18n } = useTranslation();
  const { zone } = useBusiness();
  const list = usePages<Schemas['InboundDelivery']>(
    '/v1/inbound-sources/{id}/deliveries',
    {},
    { id: source.id },
  );
  const why = (x: unknown) => (typeof x === 'string' ? x : x ? JSON.stringify(x) : '');
  return (
    <Drawer
      opened
      onClose={onClose}
      position="right"
      size="xl"
      title={t('settings.inbound.taken')}
      closeButtonProps={{ 'aria-label': t('common.close') }}
    >
      <SimpleList
        list={list}
        icon={<IconPlugConnected size={28} stroke={1.6} />}
        none={t('settings.inbound.nothing')}
        noneText={t('settings.inbound.nothingText')}
        columns={[
          { label: t('messages.when'), of: (d) => dayAndTime(d.at, i18n.language, zone) },
          { label: t('settings.endpoints.event'), of: (d) => d.event },
          { label: t('messages.outcome'), of: (d) => t(`settings.inbound.verdicts.${d.verdict}`) },
          { label: t('messages.why'), of: (d) => why(d.detail) || why(d.error) || '–' },
        ]}
      />
    </Drawer>
  );
}
