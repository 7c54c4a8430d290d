import { Text, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconListSearch } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { components } from '@/api/schema';
import panel from '@/components/panel.module.css';
import { useAddress } from '@/lib/address';
import { usePages } from '@/lib/lists';
import { exactly } from '@/lib/time';
import { useBusiness } from '@/lib/use-business';
import { SimpleList } from './Simple';

type Entry = components['schemas']['AuditEntry'];
const keys = ['actor', 'action', 'object'] as const;

/** Every act of everybody: who, what, on what, when. */
export function Audit() {
  const { t, i18n } = useTranslation();
  const { zone } = useBusiness();
  const [search, set] = useAddress();
  const write = useDebouncedCallback((patch: Record<string, string | undefined>) => set(patch), 350);
  const list = usePages<Entry>('/v1/audit-log', {
    actor: search.actor,
    action: search.action,
    object: search.object,
  });
  return (
    <>
      <div className={panel.filters}>
        {keys.map((k) => (
          <TextInput
            key={k}
            aria-label={t(`settings.audit.${k}`)}
            placeholder={t(`settings.audit.${k}`)}
            defaultValue={search[k] ?? ''}
            onChange={(e) => write({ [k]: e.currentTarget.value.trim() || undefined })}
            maxLength={200}
          />
        ))}
      </div>
      <SimpleList
        list={list}
        icon={<IconListSearch size={28} stroke={1.6} />}
        none={t('settings.audit.none')}
        noneText={t('settings.audit.noneText')}
        columns={[
          { label: t('settings.audit.at'), of: (x) => exactly(x.at, i18n.language, zone) },
          { label: t('settings.audit.actor'), of: (x) => x.actor },
          { label: t('settings.audit.action'), of: (x) => x.action },
          {
            label: t('settings.audit.object'),
            wrap: true,
            of: (x) => (
              <>
                {x.object}
                {x.detail && Object.keys(x.detail).length > 0 && (
                  <Text size="xs" c="dimmed" lineClamp={2}>
                    {JSON.stringify(x.detail)}
                  </Text>
                )}
              </>
            ),
          },
        ]}
      />
    </>
  );
}
