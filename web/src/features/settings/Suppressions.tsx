import { Select, TextInput } from '@mantine/core';
import { IconBan } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import type { components } from '@/api/schema';
import { usePages } from '@/lib/lists';
import { faultAt } from '@/lib/problem';
import { useMay } from '@/lib/role';
import { shortDay } from '@/lib/time';
import { unwrap } from '@/lib/unwrap';
import { useBusiness } from '@/lib/use-business';
import { AskButton, FormDrawer, SimpleList } from './Simple';

type Suppression = components['schemas']['Suppression'];

/** Addresses nothing is sent to. */
export function Suppressions() {
  const { t, i18n } = useTranslation();
  const { zone } = useBusiness();
  const may = useMay()('customers:write');
  const list = usePages<Suppression>('/v1/suppressions');
  const queries = useQueryClient();
  const [adding, setAdding] = useState(false);
  const reason = (word: string) => {
    const key = `settings.suppressions.reasons.${word}`;
    return i18n.exists(key) ? t(key as 'settings.suppressions.reasons.manual') : word;
  };
  return (
    <>
      <SimpleList
        list={list}
        icon={<IconBan size={28} stroke={1.6} />}
        none={t('settings.suppressions.none')}
        noneText={t('settings.suppressions.noneText')}
        add={may ? { label: t('settings.suppressions.new'), go: () => setAdding(true) } : undefined}
        columns={[
          {
            label: t('settings.suppressions.address'),
            of: (s) => s.address ?? t('settings.suppressions.erased'),
          },
          { label: t('messages.channel'), of: (s) => t(`common.channels.${s.channel}`) },
          { label: t('messages.why'), of: (s) => reason(s.reason) },
          { label: t('settings.since'), of: (s) => shortDay(s.created_at, i18n.language, zone) },
        ]}
        acts={(s) =>
          may && (
            <AskButton
              label={t('settings.suppressions.remove')}
              text={t('settings.suppressions.removeText', { address: s.address ?? '' })}
              go={async (act) => {
                await act.run(
                  () => unwrap(api.DELETE('/v1/suppressions/{id}', { params: { path: { id: s.id } } })),
                  { done: t('settings.suppressions.removed') },
                );
                await queries.invalidateQueries();
              }}
            />
          )
        }
      />
      {adding && <NewSuppression onClose={() => setAdding(false)} />}
    </>
  );
}

function NewSuppression({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [channel, setChannel] = useState<'email' | 'sms'>('email');
  const [address, setAddress] = useState('');
  return (
    <FormDrawer
      title={t('settings.suppressions.new')}
      save={t('common.save')}
      shown={['/channel', '/address']}
      ready={address.trim() !== ''}
      onClose={onClose}
      onSave={async (act) => {
        const body = { channel, address: address.trim() };
        const answer = await act.run(
          (headers) => unwrap(api.POST('/v1/suppressions', { body: body as never, headers })),
          { of: body, done: t('settings.saved') },
        );
        await queries.invalidateQueries();
        if (answer?.ok) onClose();
      }}
    >
      {(faults) => (
        <>
          <Select
            label={t('messages.channel')}
            data={(['email', 'sms'] as const).map((c) => ({ value: c, label: t(`common.channels.${c}`) }))}
            value={channel}
            onChange={(v) => v && setChannel(v as 'email')}
          />
          <TextInput
            label={t('settings.suppressions.address')}
            value={address}
            onChange={(e) => setAddress(e.currentTarget.value)}
            error={faultAt(faults, '/address')}
          />
        </>
      )}
    </FormDrawer>
  );
}
