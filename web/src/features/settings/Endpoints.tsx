import { Badge, Button, Checkbox, Drawer, Group, Stack, Switch, Text, TextInput } from '@mantine/core';
import { IconWebhook } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import type { components } from '@/api/schema';
import { useAct } from '@/lib/act';
import { usePages } from '@/lib/lists';
import { faultAt } from '@/lib/problem';
import { useMay } from '@/lib/role';
import { dayAndTime } from '@/lib/time';
import { unwrap } from '@/lib/unwrap';
import { useBusiness } from '@/lib/use-business';
import { Secret, type Shown } from './Secret';
import { AskButton, FormDrawer, SimpleList } from './Simple';

type Schemas = components['schemas'];
type Endpoint = Schemas['WebhookEndpoint'];
const kinds = [
  'customer.created',
  'booking.created',
  'booking.changed',
  'booking.status_changed',
  'payment.completed',
  'message.failed',
  'message.delivered',
] as const;

/** Standing subscriptions of other systems. */
export function Endpoints() {
  const { t } = useTranslation();
  const may = useMay()('workflows:write');
  const list = usePages<Endpoint>('/v1/webhook-endpoints');
  const queries = useQueryClient();
  const [open, setOpen] = useState<Endpoint | 'new' | null>(null);
  const [seen, setSeen] = useState<Endpoint | null>(null);
  const [shown, setShown] = useState<Shown | null>(null);
  const secret = (value: string) =>
    setShown({
      title: t('settings.endpoints.secret'),
      text: t('settings.once'),
      secrets: [[t('settings.endpoints.secret'), value]],
    });
  return (
    <>
      <SimpleList
        list={list}
        icon={<IconWebhook size={28} stroke={1.6} />}
        none={t('settings.endpoints.none')}
        noneText={t('settings.endpoints.noneText')}
        add={may ? { label: t('settings.endpoints.new'), go: () => setOpen('new') } : undefined}
        columns={[
          { label: t('settings.endpoints.url'), of: (e) => e.url },
          { label: t('settings.endpoints.events'), of: (e) => e.events.join(', ') },
          {
            label: t('messages.state'),
            of: (e) => (
              <Badge
                className="tone"
                data-tone={e.enabled ? 'ok' : 'off'}
                title={e.disabled_reason ?? undefined}
              >
                {t(e.enabled ? 'settings.on' : 'settings.off')}
              </Badge>
            ),
          },
        ]}
        acts={(e) => (
          <Group gap={4} wrap="nowrap" justify="flex-end">
            <Button size="compact-sm" variant="subtle" onClick={() => setSeen(e)}>
              {t('settings.endpoints.deliveries')}
            </Button>
            {may && (
              <>
                <Button size="compact-sm" variant="subtle" onClick={() => setOpen(e)}>
                  {t('settings.edit')}
                </Button>
                <AskButton
                  label={t('settings.endpoints.newSecret')}
                  text={t('settings.endpoints.newSecretText')}
                  danger={false}
                  go={async (act) => {
                    const a = await act.run((headers) =>
                      unwrap<Schemas['WebhookSecret']>(
                        api.POST('/v1/webhook-endpoints/{id}/secret', {
                          params: { path: { id: e.id } },
                          headers,
                        }),
                      ),
                    );
                    if (a?.ok) secret(a.value.secret);
                  }}
                />
                <AskButton
                  label={t('settings.delete')}
                  text={t('settings.endpoints.deleteText', { url: e.url })}
                  go={async (act) => {
                    await act.run(
                      () =>
                        unwrap(api.DELETE('/v1/webhook-endpoints/{id}', { params: { path: { id: e.id } } })),
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
        <EndpointForm endpoint={open === 'new' ? null : open} onClose={() => setOpen(null)} onMade={secret} />
      )}
      {seen && <Deliveries endpoint={seen} onClose={() => setSeen(null)} />}
      <Secret shown={shown} onClose={() => setShown(null)} />
    </>
  );
}

function EndpointForm({
  endpoint: e,
  onClose,
  onMade,
}: {
  endpoint: Endpoint | null;
  onClose: () => void;
  onMade: (secret: string) => void;
}) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [form, setForm] = useState({
    url: e?.url ?? '',
    events: (e?.events ?? []) as string[],
    enabled: e?.enabled ?? true,
    description: e?.description ?? '',
  });
  const set = (p: Partial<typeof form>) => setForm((f) => ({ ...f, ...p }));
  return (
    <FormDrawer
      title={t(e ? 'settings.endpoints.edit' : 'settings.endpoints.new')}
      save={t('common.save')}
      shown={['/url', '/events', '/description']}
      ready={form.url !== '' && form.events.length > 0}
      onClose={onClose}
      onSave={async (act) => {
        const body = {
          ...form,
          events: form.events as Endpoint['events'],
          description: form.description || null,
        };
        const answer = await act.run(
          (headers) =>
            e
              ? unwrap(
                  api.PATCH('/v1/webhook-endpoints/{id}', {
                    params: { path: { id: e.id } },
                    body,
                    headers: { 'If-Match': `"${e.revision}"` },
                  }),
                )
              : unwrap(api.POST('/v1/webhook-endpoints', { body, headers })),
          { of: body, done: t('settings.saved') },
        );
        await queries.invalidateQueries();
        if (!answer?.ok) return;
        onClose();
        if (!e) onMade((answer.value as Schemas['NewWebhookEndpoint']).secret);
      }}
    >
      {(faults) => (
        <>
          <TextInput
            label={t('settings.endpoints.url')}
            value={form.url}
            onChange={(x) => set({ url: x.currentTarget.value })}
            placeholder="https://"
            error={faultAt(faults, '/url')}
          />
          <TextInput
            label={t('settings.endpoints.description')}
            value={form.description}
            onChange={(x) => set({ description: x.currentTarget.value })}
            error={faultAt(faults, '/description')}
          />
          <Checkbox.Group
            label={t('settings.endpoints.events')}
            value={form.events}
            onChange={(events) => set({ events })}
            error={faultAt(faults, '/events')}
          >
            <Stack gap={8} mt="xs">
              {kinds.map((k) => (
                <Checkbox key={k} value={k} label={k} />
              ))}
            </Stack>
          </Checkbox.Group>
          <Switch
            label={t('settings.on')}
            checked={form.enabled}
            onChange={(x) => set({ enabled: x.currentTarget.checked })}
          />
        </>
      )}
    </FormDrawer>
  );
}

function Deliveries({ endpoint, onClose }: { endpoint: Endpoint; onClose: () => void }) {
  const { t, i18n } = useTranslation();
  const { zone } = useBusiness();
  const list = usePages<Schemas['Delivery']>(
    '/v1/webhook-endpoints/{id}/deliveries',
    {},
    { id: endpoint.id },
  );
  const act = useAct();
  const queries = useQueryClient();
  const again = async (id: string) => {
    await act.run(
      (headers) =>
        unwrap(
          api.POST('/v1/webhook-endpoints/{id}/deliveries/{delivery}/redeliver', {
            params: { path: { id: endpoint.id, delivery: id } },
            headers,
          }),
        ),
      { of: id, done: t('messages.retried') },
    );
    await queries.invalidateQueries();
  };
  return (
    <Drawer
      opened
      onClose={onClose}
      position="right"
      size="xl"
      title={t('settings.endpoints.deliveries')}
      closeButtonProps={{ 'aria-label': t('common.close') }}
    >
      <SimpleList
        list={list}
        icon={<IconWebhook size={28} stroke={1.6} />}
        none={t('settings.endpoints.noDeliveries')}
        noneText={t('settings.endpoints.noDeliveriesText')}
        columns={[
          {
            label: t('messages.when'),
            of: (d) => dayAndTime(d.sent_at ?? d.created_at, i18n.language, zone),
          },
          { label: t('settings.endpoints.event'), of: (d) => d.type ?? d.event_id },
          { label: t('messages.state'), of: (d) => d.state },
          {
            label: t('messages.answer'),
            wrap: true,
            of: (d) => (
              <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
                {[d.last_code, d.last_answer, d.reason_sentence].filter(Boolean).join(' · ') || '–'}
              </Text>
            ),
          },
        ]}
        acts={(d) => (
          <Button size="compact-sm" variant="default" loading={act.busy} onClick={() => again(d.id)}>
            {t('messages.retry')}
          </Button>
        )}
      />
    </Drawer>
  );
}
