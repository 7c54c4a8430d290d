import { Alert, Badge, Button, Group, PasswordInput, Select, Stack, Text, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { $api, api } from '@/api/client';
import type { components } from '@/api/schema';
import { Pairs, Tile } from '@/components/Bits';
import { Panel, Trouble, Waiting } from '@/components/Panel';
import { useAct } from '@/lib/act';
import { faultAt } from '@/lib/problem';
import { useMay } from '@/lib/role';
import { dayAndTime } from '@/lib/time';
import { unwrap } from '@/lib/unwrap';
import { useBusiness } from '@/lib/use-business';
import { AskButton, FormDrawer } from './Simple';

type Schemas = components['schemas'];
type Channel = Schemas['Channel'];

/** How messages leave: what is in force, whether it works, and a test. */
export function Channels() {
  const { data, error, isPending, refetch } = $api.useQuery('get', '/v1/channels');
  if (error) return <Trouble error={error} retry={refetch} />;
  if (isPending) return <Waiting />;
  return (
    <Stack gap="lg">
      {data.data.map((c) => (
        <OneChannel key={c.id} channel={c} />
      ))}
    </Stack>
  );
}

function OneChannel({ channel: c }: { channel: Channel }) {
  const { t, i18n } = useTranslation();
  const { zone } = useBusiness();
  const may = useMay()('channels:write');
  const [editing, setEditing] = useState(false);
  const queries = useQueryClient();
  const rows: [string, string][] = [
    [t('settings.channels.inForce'), t(`settings.channels.force.${c.in_force}`)],
  ];
  if (c.provider) rows.push([t('settings.channels.provider'), c.provider]);
  if (c.url) rows.push([t('settings.channels.url'), c.url]);
  if (c.account) rows.push([t('settings.channels.account'), c.account]);
  if (c.from) rows.push([t('settings.channels.from'), c.from]);
  if (c.callback_url ?? c.callback_path)
    rows.push([t('settings.channels.callback'), c.callback_url ?? c.callback_path ?? '']);
  if (c.waiting) rows.push([t('settings.channels.waiting'), String(c.waiting)]);
  return (
    <Panel pad>
      <Group justify="space-between" mb="md">
        <Group gap="sm">
          <Tile kind={c.id} />
          <Text component="h2" fw={620} fz={16} m={0}>
            {t(`common.channels.${c.id}`)}
          </Text>
        </Group>
        <Badge className="tone" data-tone={c.status === 'ok' ? 'ok' : 'bad'}>
          {t(`settings.channels.status.${c.status}`)}
        </Badge>
      </Group>
      <Pairs of={rows} />
      {c.in_force === 'captured' && (
        <Text size="sm" c="dimmed" mt="sm">
          {t('settings.channels.capturedText')}
        </Text>
      )}
      {c.problem && (
        <Alert color="red" variant="light" mt="md">
          {c.problem}
        </Alert>
      )}
      {c.paused.map((p) => (
        <Alert key={p.origin} color="red" variant="light" mt="md" title={p.origin}>
          {p.problem}
          {p.next_probe_at &&
            ` · ${t('settings.channels.nextProbe', { when: dayAndTime(p.next_probe_at, i18n.language, zone) })}`}
        </Alert>
      ))}
      {may && c.id !== 'webhook' && (
        <Group mt="md" gap="xs" align="flex-end">
          <TestSend channel={c.id} />
          {c.id === 'sms' && (
            <Button variant="default" onClick={() => setEditing(true)}>
              {t('settings.channels.account')}
            </Button>
          )}
          {c.id === 'sms' && c.in_force === 'own' && (
            <AskButton
              label={t('settings.channels.remove')}
              text={t('settings.channels.removeText')}
              go={async (act) => {
                await act.run(() => unwrap(api.DELETE('/v1/channels/sms')), { done: t('settings.saved') });
                await queries.invalidateQueries();
              }}
            />
          )}
        </Group>
      )}
      {editing && <SmsAccount channel={c} onClose={() => setEditing(false)} />}
    </Panel>
  );
}

/** Tries the account as it is set up, and says what the other side answered. */
function TestSend({ channel }: { channel: 'email' | 'sms' }) {
  const { t } = useTranslation();
  const act = useAct();
  const [to, setTo] = useState('');
  const [said, setSaid] = useState<Schemas['ChannelTest'] | null>(null);
  const go = async () => {
    setSaid(null);
    const body = to.trim() ? { to: to.trim() } : {};
    const path = channel === 'sms' ? '/v1/channels/sms/test' : '/v1/channels/email/test';
    const answer = await act.run(
      (headers) => unwrap<Schemas['ChannelTest']>(api.POST(path, { body, headers })),
      { of: body },
    );
    if (answer?.ok) setSaid(answer.value);
  };
  return (
    <div style={{ flex: '1 1 320px' }}>
      <Group gap="xs" align="flex-end" wrap="nowrap">
        <TextInput
          style={{ flex: 1 }}
          label={t('settings.channels.testTo')}
          value={to}
          onChange={(e) => setTo(e.currentTarget.value)}
          error={faultAt(act.faults, '/to')}
        />
        <Button variant="default" loading={act.busy} onClick={go}>
          {t('settings.channels.test')}
        </Button>
      </Group>
      {said && (
        <Alert mt="sm" color={said.ok ? 'teal' : 'red'} variant="light" role="status">
          {said.message}
          {said.answer ? ` (${[said.answer.code, said.answer.text].filter(Boolean).join(' ')})` : ''}
        </Alert>
      )}
    </div>
  );
}

function SmsAccount({ channel: c, onClose }: { channel: Channel; onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [form, setForm] = useState({
    provider: (c.provider ?? 'generic') as 'generic' | 'twilio',
    url: c.url ?? '',
    account: c.account ?? '',
    secret: '',
    from: c.from ?? '',
  });
  const set = (p: Partial<typeof form>) => setForm((f) => ({ ...f, ...p }));
  const text = (key: 'url' | 'account' | 'from', error?: string) => (
    <TextInput
      label={t(`settings.channels.${key}`)}
      value={form[key]}
      onChange={(e) => set({ [key]: e.currentTarget.value })}
      error={error}
    />
  );
  return (
    <FormDrawer
      title={t('settings.channels.smsAccount')}
      save={t('common.save')}
      shown={['/provider', '/url', '/account', '/secret', '/from']}
      onClose={onClose}
      onSave={async (act) => {
        const body = {
          provider: form.provider,
          url: form.url || null,
          account: form.account || null,
          from: form.from || null,
          ...(form.secret && { secret: form.secret }),
        };
        const answer = await act.run(
          () =>
            unwrap(
              c.in_force === 'own'
                ? api.PATCH('/v1/channels/sms', { body })
                : api.PUT('/v1/channels/sms', { body }),
            ),
          { of: body, done: t('settings.saved') },
        );
        await queries.invalidateQueries();
        if (answer?.ok) onClose();
      }}
    >
      {(faults) => (
        <>
          <Select
            label={t('settings.channels.provider')}
            data={['generic', 'twilio']}
            value={form.provider}
            onChange={(v) => v && set({ provider: v as 'generic' })}
            error={faultAt(faults, '/provider')}
          />
          {text('url', faultAt(faults, '/url'))}
          {text('account', faultAt(faults, '/account'))}
          <PasswordInput
            label={t('settings.channels.secret')}
            description={c.secret_set ? t('settings.channels.secretSet') : undefined}
            value={form.secret}
            onChange={(e) => set({ secret: e.currentTarget.value })}
            error={faultAt(faults, '/secret')}
            autoComplete="off"
            visibilityToggleButtonProps={{ 'aria-label': t('people.showPassword') }}
          />
          {text('from', faultAt(faults, '/from'))}
        </>
      )}
    </FormDrawer>
  );
}
