import { Badge, Group, Select, TextInput } from '@mantine/core';
import { IconUsersGroup } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Role, sessionCall, useSession } from '@/api/session';
import { useAct } from '@/lib/act';
import { faultAt } from '@/lib/problem';
import { dayAndTime, shortDay } from '@/lib/time';
import { useBusiness } from '@/lib/use-business';
import { Secret, type Shown } from './Secret';
import { AskButton, FormDrawer, SimpleList } from './Simple';

type User = {
  id: string;
  name: string | null;
  email: string;
  role: Role;
  state: 'active' | 'invited';
  last_seen_at: string | null;
};
type Invitation = { url: string; expires_at: string };
const roles: Role[] = ['owner', 'editor', 'viewer'];

/** Who may do what in this business. */
export function Users() {
  const { t, i18n } = useTranslation();
  const { zone } = useBusiness();
  const { session } = useSession();
  const queries = useQueryClient();
  const [inviting, setInviting] = useState(false);
  const [shown, setShown] = useState<Shown | null>(null);
  const users = useQuery({
    queryKey: ['get', '/v1/users'],
    queryFn: () => sessionCall<{ items?: User[]; data?: User[] }>('GET', 'users'),
  });
  const rows = users.data?.data ?? users.data?.items ?? [];
  const list = {
    ...users,
    rows,
    hasNextPage: false,
    isFetchingNextPage: false,
    fetchNextPage: () => {},
  } as never;
  const link = (i: Invitation) =>
    setShown({
      title: t('settings.users.link'),
      text: t('settings.users.linkText', { until: shortDay(i.expires_at, i18n.language, zone) }),
      secrets: [[t('settings.users.link'), i.url]],
    });
  return (
    <>
      <SimpleList<User>
        list={list}
        icon={<IconUsersGroup size={28} stroke={1.6} />}
        none={t('settings.users.none')}
        noneText={t('settings.users.noneText')}
        add={{ label: t('settings.users.invite'), go: () => setInviting(true) }}
        columns={[
          { label: t('settings.name'), of: (u) => u.name || '–' },
          { label: t('people.email'), of: (u) => u.email },
          { label: t('settings.users.role'), wrap: true, of: (u) => <RoleSelect user={u} /> },
          {
            label: t('settings.users.seen'),
            of: (u) =>
              u.state === 'invited' ? (
                <Badge className="tone" data-tone="warn">
                  {t('settings.users.invited')}
                </Badge>
              ) : u.last_seen_at ? (
                dayAndTime(u.last_seen_at, i18n.language, zone)
              ) : (
                t('settings.never')
              ),
          },
        ]}
        acts={(u) => (
          <Group gap={4} wrap="nowrap" justify="flex-end">
            {u.state === 'invited' && (
              <AskButton
                label={t('settings.users.newLink')}
                text={t('settings.users.newLinkText')}
                danger={false}
                go={async (act) => {
                  const a = await act.run((headers) =>
                    sessionCall<{ invitation: Invitation }>(
                      'POST',
                      `users/${u.id}/invitation`,
                      undefined,
                      headers,
                    ),
                  );
                  if (a?.ok) link(a.value.invitation);
                }}
              />
            )}
            {u.id !== session?.user.id && (
              <AskButton
                label={t('settings.users.remove')}
                text={t('settings.users.removeText', { name: u.name || u.email })}
                go={async (act) => {
                  await act.run(() => sessionCall('DELETE', `users/${u.id}`), {
                    done: t('settings.users.removed'),
                  });
                  await queries.invalidateQueries();
                }}
              />
            )}
          </Group>
        )}
      />
      {inviting && <Invite onClose={() => setInviting(false)} onMade={link} />}
      <Secret shown={shown} onClose={() => setShown(null)} />
    </>
  );
}

function RoleSelect({ user: u }: { user: User }) {
  const { t } = useTranslation();
  const act = useAct();
  const queries = useQueryClient();
  return (
    <Select
      size="xs"
      w={120}
      aria-label={t('settings.users.roleOf', { name: u.name || u.email })}
      data={roles.map((r) => ({ value: r, label: t(`settings.users.roles.${r}`) }))}
      value={u.role}
      disabled={act.busy}
      onChange={async (role) => {
        if (!role || role === u.role) return;
        await act.run(() => sessionCall('PATCH', `users/${u.id}`, { role }), { done: t('settings.saved') });
        await queries.invalidateQueries();
      }}
    />
  );
}

function Invite({ onClose, onMade }: { onClose: () => void; onMade: (i: Invitation) => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [form, setForm] = useState({ email: '', name: '', role: 'editor' as Role });
  const set = (p: Partial<typeof form>) => setForm((f) => ({ ...f, ...p }));
  return (
    <FormDrawer
      title={t('settings.users.invite')}
      save={t('settings.users.send')}
      shown={['/email', '/name', '/role']}
      ready={form.email !== ''}
      onClose={onClose}
      onSave={async (act) => {
        const body = { email: form.email.trim(), role: form.role, ...(form.name && { name: form.name }) };
        const a = await act.run(
          (headers) => sessionCall<{ invitation?: Invitation }>('POST', 'users', body, headers),
          { of: body },
        );
        await queries.invalidateQueries();
        if (!a?.ok) return;
        onClose();
        if (a.value.invitation) onMade(a.value.invitation);
      }}
    >
      {(faults) => (
        <>
          <TextInput
            label={t('people.email')}
            type="email"
            value={form.email}
            onChange={(e) => set({ email: e.currentTarget.value })}
            error={faultAt(faults, '/email')}
          />
          <TextInput
            label={t('settings.name')}
            value={form.name}
            onChange={(e) => set({ name: e.currentTarget.value })}
            error={faultAt(faults, '/name')}
          />
          <Select
            label={t('settings.users.role')}
            description={t(`settings.users.roleHint.${form.role}`)}
            data={roles.map((r) => ({ value: r, label: t(`settings.users.roles.${r}`) }))}
            value={form.role}
            onChange={(v) => v && set({ role: v as Role })}
            error={faultAt(faults, '/role')}
          />
        </>
      )}
    </FormDrawer>
  );
}
