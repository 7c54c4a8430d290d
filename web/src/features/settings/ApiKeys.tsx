import { Badge, Checkbox, SimpleGrid, TextInput } from '@mantine/core';
import { DatePickerInput } from '@mantine/dates';
import { IconKey } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import type { components } from '@/api/schema';
import { usePages } from '@/lib/lists';
import { faultAt } from '@/lib/problem';
import { useMay } from '@/lib/role';
import { dayAndTime, instantOf, shortDay } from '@/lib/time';
import { unwrap } from '@/lib/unwrap';
import { useBusiness } from '@/lib/use-business';
import { Secret, type Shown } from './Secret';
import { AskButton, FormDrawer, SimpleList } from './Simple';

type Schemas = components['schemas'];
type Key = Schemas['ApiKey'];
const things = [
  'bookings',
  'customers',
  'payments',
  'catalogue',
  'workflows',
  'messages',
  'business',
  'keys',
] as const;

export function ApiKeys() {
  const { t, i18n } = useTranslation();
  const { zone } = useBusiness();
  const may = useMay()('keys:write');
  const list = usePages<Key>('/v1/api-keys');
  const queries = useQueryClient();
  const [making, setMaking] = useState(false);
  const [shown, setShown] = useState<Shown | null>(null);
  const day = (at: string | null, none: string) => (at ? shortDay(at, i18n.language, zone) : none);
  return (
    <>
      <SimpleList
        list={list}
        icon={<IconKey size={28} stroke={1.6} />}
        none={t('settings.keys.none')}
        noneText={t('settings.keys.noneText')}
        add={may ? { label: t('settings.keys.new'), go: () => setMaking(true) } : undefined}
        columns={[
          { label: t('settings.name'), of: (k) => k.name || k.prefix },
          { label: t('settings.keys.prefix'), of: (k) => `${k.prefix}…` },
          {
            label: t('settings.keys.scopes'),
            of: (k) => t('settings.keys.scopeCount', { count: k.scopes.length }),
          },
          {
            label: t('settings.keys.used'),
            of: (k) =>
              k.last_used_at ? dayAndTime(k.last_used_at, i18n.language, zone) : t('settings.never'),
          },
          { label: t('settings.keys.expires'), of: (k) => day(k.expires_at, t('settings.never')) },
        ]}
        acts={(k) =>
          k.revoked_at ? (
            <Badge className="tone">{t('settings.keys.revoked')}</Badge>
          ) : (
            may && (
              <AskButton
                label={t('settings.keys.revoke')}
                text={t('settings.keys.revokeText', { name: k.name || k.prefix })}
                go={async (act) => {
                  await act.run(
                    () => unwrap(api.DELETE('/v1/api-keys/{id}', { params: { path: { id: k.id } } })),
                    { done: t('settings.keys.revokedDone') },
                  );
                  await queries.invalidateQueries();
                }}
              />
            )
          )
        }
      />
      {making && (
        <NewKey
          onClose={() => setMaking(false)}
          onMade={(key) => {
            setMaking(false);
            setShown({
              title: t('settings.keys.made'),
              text: t('settings.once'),
              secrets: [[t('settings.keys.one'), key.key]],
            });
          }}
        />
      )}
      <Secret shown={shown} onClose={() => setShown(null)} />
    </>
  );
}

function NewKey({ onClose, onMade }: { onClose: () => void; onMade: (key: Schemas['NewApiKey']) => void }) {
  const { t, i18n } = useTranslation();
  const { zone } = useBusiness();
  const queries = useQueryClient();
  const [name, setName] = useState('');
  const [scopes, setScopes] = useState<string[]>([]);
  const [expires, setExpires] = useState<string | null>(null);
  return (
    <FormDrawer
      title={t('settings.keys.new')}
      save={t('settings.keys.make')}
      shown={['/name', '/scopes', '/expires_at']}
      ready={scopes.length > 0}
      onClose={onClose}
      onSave={async (act) => {
        const body = {
          name: name || null,
          scopes: scopes as Key['scopes'],
          expires_at: expires ? instantOf(`${expires} 23:59:59`, zone) : null,
        };
        const answer = await act.run(
          (headers) => unwrap<Schemas['NewApiKey']>(api.POST('/v1/api-keys', { body, headers })),
          { of: body },
        );
        if (!answer?.ok) return;
        onMade(answer.value);
        queries.invalidateQueries();
      }}
    >
      {(faults) => (
        <>
          <TextInput
            label={t('settings.name')}
            value={name}
            onChange={(e) => setName(e.currentTarget.value)}
            error={faultAt(faults, '/name')}
          />
          <Checkbox.Group
            label={t('settings.keys.scopes')}
            value={scopes}
            onChange={setScopes}
            error={faultAt(faults, '/scopes')}
          >
            <SimpleGrid cols={2} spacing="xs" mt="xs">
              {things.flatMap((x) =>
                (['read', 'write'] as const).map((how) => (
                  <Checkbox
                    key={x + how}
                    value={`${x}:${how}`}
                    label={`${t(`settings.things.${x}`)}: ${t(`settings.hows.${how}`)}`}
                  />
                )),
              )}
            </SimpleGrid>
          </Checkbox.Group>
          <DatePickerInput
            label={t('settings.keys.expires')}
            placeholder={t('settings.never')}
            value={expires}
            onChange={setExpires}
            clearable
            locale={i18n.language}
            firstDayOfWeek={1}
            minDate={new Date()}
            error={faultAt(faults, '/expires_at')}
            clearButtonProps={{ 'aria-label': t('common.clear') }}
          />
        </>
      )}
    </FormDrawer>
  );
}
