import { Badge, Button, Code, Group, PasswordInput, SimpleGrid, Stack, Text, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Session, sessionCall, sessionKey, useSession } from '@/api/session';
import { Panel, Trouble, Waiting } from '@/components/Panel';
import { useAct } from '@/lib/act';
import { faultAt } from '@/lib/problem';
import { dayAndTime } from '@/lib/time';
import { useBusiness } from '@/lib/use-business';
import { Secret, type Shown } from './Secret';
import { AskButton } from './Simple';

/** What belongs to the person and not to the business: name, password, second step, devices. */
export function Account() {
  const { session } = useSession();
  if (!session) return <Waiting />;
  return (
    <Stack gap="lg">
      <Name session={session} />
      <Password />
      <SecondStep session={session} />
      <Devices />
    </Stack>
  );
}

function Heading({ children }: { children: string }) {
  return (
    <Text component="h2" fw={620} fz={16} mt={0} mb="sm">
      {children}
    </Text>
  );
}

function Name({ session }: { session: Session }) {
  const { t } = useTranslation();
  const [name, setName] = useState(session.user.name);
  const act = useAct();
  const queries = useQueryClient();
  const save = async () => {
    await act.run(() => sessionCall('PATCH', 'session', { name }), { of: name, done: t('settings.saved') });
    queries.invalidateQueries({ queryKey: sessionKey });
  };
  return (
    <Panel pad>
      <Heading>{t('settings.account.me')}</Heading>
      <Group align="flex-end">
        <TextInput
          style={{ flex: 1 }}
          maw={360}
          label={t('people.name')}
          value={name}
          onChange={(e) => setName(e.currentTarget.value)}
          error={faultAt(act.faults, '/name')}
        />
        <Button
          variant="default"
          loading={act.busy}
          disabled={!name.trim() || name === session.user.name}
          onClick={save}
        >
          {t('common.save')}
        </Button>
      </Group>
      <Text size="sm" c="dimmed" mt="xs">
        {session.user.email}
      </Text>
    </Panel>
  );
}

function Password() {
  const { t } = useTranslation();
  const [form, setForm] = useState({ current_password: '', password: '' });
  const act = useAct();
  const go = async () => {
    const a = await act.run(() => sessionCall('PATCH', 'session', form), {
      done: t('settings.account.passwordSet'),
    });
    if (a?.ok) setForm({ current_password: '', password: '' });
  };
  const field = (key: 'current_password' | 'password', auto: string) => (
    <PasswordInput
      label={t(`settings.account.${key}`)}
      autoComplete={auto}
      value={form[key]}
      onChange={(e) => setForm({ ...form, [key]: e.currentTarget.value })}
      error={faultAt(act.faults, `/${key}`)}
      visibilityToggleButtonProps={{ 'aria-label': t('people.showPassword') }}
    />
  );
  return (
    <Panel pad>
      <Heading>{t('settings.account.changePassword')}</Heading>
      <form
        noValidate
        onSubmit={(e) => {
          e.preventDefault();
          go();
        }}
      >
        <SimpleGrid cols={{ base: 1, sm: 2 }} maw={720}>
          {field('current_password', 'current-password')}
          {field('password', 'new-password')}
        </SimpleGrid>
        <Button
          mt="sm"
          type="submit"
          variant="default"
          loading={act.busy}
          disabled={!form.current_password || !form.password}
        >
          {t('settings.account.changePassword')}
        </Button>
      </form>
    </Panel>
  );
}

function SecondStep({ session }: { session: Session }) {
  const { t } = useTranslation();
  const act = useAct();
  const queries = useQueryClient();
  const [secret, setSecret] = useState<{ secret: string; uri: string } | null>(null);
  const [code, setCode] = useState('');
  const [password, setPassword] = useState('');
  const [shown, setShown] = useState<Shown | null>(null);
  const fresh = () => queries.invalidateQueries({ queryKey: sessionKey });
  const begin = async () => {
    const a = await act.run((h) =>
      sessionCall<{ secret: string; uri: string }>('POST', 'session/totp', undefined, h),
    );
    if (a?.ok) setSecret(a.value);
  };
  const confirm = async () => {
    const a = await act.run(
      (h) => sessionCall<{ recovery_codes: string[] }>('POST', 'session/totp/confirm', { code }, h),
      { of: code },
    );
    if (!a?.ok) return;
    setSecret(null);
    setCode('');
    setShown({
      title: t('settings.account.recovery'),
      text: t('settings.account.recoveryText'),
      secrets: [[t('settings.account.recovery'), a.value.recovery_codes.join('  ')]],
    });
    fresh();
  };
  const off = async () => {
    const a = await act.run(() => sessionCall('DELETE', 'session/totp', { password }), {
      done: t('settings.account.totpOff'),
    });
    if (a?.ok) setPassword('');
    fresh();
  };
  return (
    <Panel pad>
      <Group justify="space-between">
        <Heading>{t('settings.account.totp')}</Heading>
        <Badge className="tone" data-tone={session.user.totp ? 'ok' : 'off'}>
          {t(session.user.totp ? 'settings.on' : 'settings.off')}
        </Badge>
      </Group>
      <Text size="sm" c="dimmed" mb="sm">
        {t('settings.account.totpText')}
      </Text>
      {session.user.totp ? (
        <Group align="flex-end">
          <PasswordInput
            w={260}
            label={t('settings.account.current_password')}
            value={password}
            onChange={(e) => setPassword(e.currentTarget.value)}
            autoComplete="current-password"
            error={faultAt(act.faults, '/password')}
            visibilityToggleButtonProps={{ 'aria-label': t('people.showPassword') }}
          />
          <Button variant="default" loading={act.busy} disabled={!password} onClick={off}>
            {t('settings.account.turnOff')}
          </Button>
        </Group>
      ) : secret ? (
        <Stack gap="sm" maw={480}>
          <Text size="sm">{t('settings.account.scan')}</Text>
          <Code block>{secret.secret}</Code>
          <a href={secret.uri}>{t('settings.account.openApp')}</a>
          <Group align="flex-end">
            <TextInput
              w={160}
              label={t('people.code')}
              value={code}
              onChange={(e) => setCode(e.currentTarget.value)}
              autoComplete="one-time-code"
              error={faultAt(act.faults, '/code')}
            />
            <Button loading={act.busy} disabled={code.trim().length < 6} onClick={confirm}>
              {t('settings.account.confirm')}
            </Button>
          </Group>
        </Stack>
      ) : (
        <Button variant="default" loading={act.busy} onClick={begin}>
          {t('settings.account.turnOn')}
        </Button>
      )}
      <Secret shown={shown} onClose={() => setShown(null)} />
    </Panel>
  );
}

type Device = {
  id: string;
  created_at: string;
  last_seen_at: string;
  user_agent: string | null;
  current: boolean;
};

function Devices() {
  const { t, i18n } = useTranslation();
  const { zone } = useBusiness();
  const queries = useQueryClient();
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ['get', '/v1/sessions'],
    queryFn: () => sessionCall<{ items?: Device[]; data?: Device[] }>('GET', 'sessions'),
  });
  const rows = data?.data ?? data?.items ?? [];
  const end = (path: string) => async (act: ReturnType<typeof useAct>) => {
    await act.run(() => sessionCall('DELETE', path), { done: t('settings.account.ended') });
    await queries.invalidateQueries({ queryKey: ['get', '/v1/sessions'] });
  };
  return (
    <Panel pad>
      <Group justify="space-between">
        <Heading>{t('settings.account.devices')}</Heading>
        {rows.length > 1 && (
          <AskButton
            label={t('settings.account.endOthers')}
            text={t('settings.account.endOthersText', { count: rows.length - 1 })}
            go={end('sessions')}
          />
        )}
      </Group>
      {error && <Trouble error={error} retry={refetch} />}
      {isPending && !error && <Waiting rows={2} />}
      <Stack gap="sm">
        {rows.map((d) => (
          <Group key={d.id} justify="space-between" wrap="nowrap">
            <div style={{ minWidth: 0 }}>
              <Text size="sm" lineClamp={1} style={{ overflowWrap: 'anywhere' }}>
                {d.user_agent || t('settings.account.unknownDevice')}
              </Text>
              <Text size="xs" c="dimmed">
                {t('settings.account.seen', { when: dayAndTime(d.last_seen_at, i18n.language, zone) })}
              </Text>
            </div>
            {d.current ? (
              <Badge className="tone" data-tone="ok">
                {t('settings.account.thisOne')}
              </Badge>
            ) : (
              <AskButton
                label={t('settings.account.end')}
                text={t('settings.account.endText')}
                go={end(`sessions/${d.id}`)}
              />
            )}
          </Group>
        ))}
      </Stack>
    </Panel>
  );
}
