import { IconBuildingStore, IconMapPin, IconPackage, IconTags, IconUsers } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { StatusName } from '@/components/Bits';
import { type Money, money } from '@/lib/money';
import { named } from '@/lib/use-business';
import type { Spec, Thing } from './Catalogue';
import type { Field } from './Fields';

export type CatalogueName = 'services' | 'locations' | 'resources' | 'extras' | 'statuses';

/** What each kind of catalogue object is made of, in the words of the page. */
export function useSpec(name: CatalogueName): Spec {
  const { t, i18n } = useTranslation();
  const lang = i18n.language;
  const f = (key: string, more: Partial<Field> = {}): Field => ({
    key,
    label: t(`settings.fields.${key}` as 'settings.fields.name'),
    ...more,
  });
  const words = {
    new: t(`settings.${name}.new`),
    edit: t(`settings.${name}.edit`),
    archive: t('settings.archive'),
    archiveText: t(name === 'statuses' ? 'settings.statusArchiveText' : 'settings.archiveText'),
    none: t(`settings.${name}.none`),
    noneText: t(`settings.${name}.noneText`),
  };
  const text = (key: string) => (x: Thing) => String(x[key] ?? '–');
  const price = { label: t('settings.fields.price'), of: (x: Thing) => money(x.price as Money | null, lang) };
  const common = {
    path: name,
    scope: 'catalogue:write',
    words,
    title: (x: Thing) => named(x as never, lang),
  };
  switch (name) {
    case 'services':
      return {
        ...common,
        icon: <IconBuildingStore size={28} stroke={1.6} />,
        columns: [
          { label: t('settings.fields.category'), of: text('category') },
          { label: t('settings.fields.duration_minutes'), of: text('duration_minutes') },
          price,
        ],
        fields: [
          f('name', { required: true }),
          f('names', { kind: 'names' }),
          f('category'),
          f('duration_minutes', { kind: 'number', min: 1 }),
          f('price', { kind: 'money' }),
        ],
        start: { name: null, names: {}, category: null, duration_minutes: null, price: null },
      };
    case 'locations':
      return {
        ...common,
        icon: <IconMapPin size={28} stroke={1.6} />,
        columns: [
          { label: t('settings.fields.address'), of: text('address') },
          { label: t('settings.fields.phone'), of: text('phone') },
        ],
        fields: [
          f('name', { required: true }),
          f('address', { hint: t('settings.addressHint') }),
          f('phone'),
          f('email'),
          f('time_zone', { kind: 'zone', hint: t('settings.zoneHint') }),
        ],
        start: { name: null, address: null, phone: null, email: null, time_zone: null },
      };
    case 'resources':
      return {
        ...common,
        icon: <IconUsers size={28} stroke={1.6} />,
        columns: [
          { label: t('settings.fields.kind'), of: (x) => t(`settings.kinds.${x.kind as 'person'}`) },
          { label: t('settings.fields.email'), of: text('email') },
        ],
        fields: [
          f('name', { required: true }),
          f('kind', {
            kind: 'select',
            required: true,
            options: (['person', 'object'] as const).map((k) => ({
              value: k,
              label: t(`settings.kinds.${k}`),
            })),
          }),
          f('email'),
          f('phone'),
        ],
        start: { name: null, kind: 'person', email: null, phone: null },
      };
    case 'extras':
      return {
        ...common,
        icon: <IconPackage size={28} stroke={1.6} />,
        columns: [price],
        fields: [f('name', { required: true }), f('names', { kind: 'names' }), f('price', { kind: 'money' })],
        start: { name: null, names: {}, price: null },
      };
    case 'statuses':
      return {
        ...common,
        ordered: true,
        icon: <IconTags size={28} stroke={1.6} />,
        title: (x) => {
          const labels = x.labels as Record<string, string>;
          return (
            <StatusName
              colour={String(x.colour)}
              label={labels[lang] ?? Object.values(labels)[0] ?? String(x.key)}
            />
          );
        },
        columns: [
          { label: t('settings.fields.key'), of: text('key') },
          {
            label: t('settings.fields.statusKind'),
            of: (x) => t(`settings.statusKinds.${x.kind as 'open'}`),
          },
        ],
        fields: [
          f('key', { required: true, fixed: true, hint: t('settings.keyHint') }),
          f('labels', { kind: 'names' }),
          {
            key: 'kind',
            label: t('settings.fields.statusKind'),
            kind: 'select',
            required: true,
            hint: t('settings.statusKindHint'),
            options: (['open', 'active', 'closed_ok', 'closed_bad'] as const).map((k) => ({
              value: k,
              label: t(`settings.statusKinds.${k}`),
            })),
          },
          f('colour', { kind: 'colour' }),
        ],
        start: { key: null, labels: {}, kind: 'open', colour: '#475569' },
      };
  }
}
