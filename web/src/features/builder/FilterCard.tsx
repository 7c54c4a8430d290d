import { Button, Group, MultiSelect, Select } from '@mantine/core';
import { IconFilter, IconPlus } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import {
  named,
  useBusiness,
  useExtras,
  useLocations,
  useResources,
  useServices,
  useStatuses,
} from '@/lib/use-business';
import { ConditionEditor } from './ConditionEditor';
import { Faults } from './Faults';
import type { Condition, Filters } from './model';
import { StepCard } from './StepCard';

const dimensions = ['status', 'service', 'location', 'resource', 'extras', 'language'] as const;
type Dimension = (typeof dimensions)[number];
type Entry = string | { id?: string; external_id?: string };
type Lists = Record<string, Entry[] | null | undefined>;
type Choice = { value: string; label: string };

type Props = {
  filters: Filters;
  condition: Condition | null;
  onFilters: (f: Filters) => void;
  onCondition: (c: Condition | null) => void;
};

/** The simple lists, and below them conditions as deep as wanted. */
export function FilterCard({ filters, condition, onFilters, onCondition }: Props) {
  const { t, i18n } = useTranslation();
  const { statuses, label } = useStatuses();
  const { languages } = useBusiness();
  const of = (
    rows: { id: string; external_id: string | null; name: string; names?: Record<string, string> }[],
  ) => rows.map((r) => ({ value: r.id, label: named(r, i18n.language), external: r.external_id }));
  const objects = {
    service: of(useServices() as never),
    location: of(useLocations() as never),
    resource: of(useResources() as never),
    extras: of(useExtras() as never),
  };
  const choices: Record<Dimension, Choice[]> = {
    ...objects,
    status: statuses.map((s) => ({ value: s.key, label: label(s.key) })),
    language: languages.map((l) => ({ value: l, label: l })),
  };
  // A name by external id is kept as it was written until it is picked anew.
  const idOf = (d: Dimension, e: Entry) =>
    typeof e === 'string'
      ? e
      : (e.id ??
        objects[d as 'service']?.find((o) => o.external === e.external_id)?.value ??
        `${e.external_id}`);
  const lists = filters as Record<Dimension, Lists | null | undefined>;
  const used = (d: Dimension) => Object.values(lists[d] ?? {}).some((l) => l?.length);
  const set = (d: Dimension, how: string, values: string[]) =>
    onFilters({ ...filters, [d]: values.length ? { [how]: values } : {} } as Filters);
  return (
    <StepCard
      kind="filter"
      icon={IconFilter}
      title={t(dimensions.some(used) || condition ? 'builder.filtered' : 'builder.unfiltered')}
    >
      {dimensions.flatMap((d) => {
        const present = Object.entries(lists[d] ?? {}).filter(([, l]) => l?.length);
        const rows: [string, Entry[]][] = present.length
          ? (present as [string, Entry[]][])
          : [['any_of', []]];
        return rows.map(([how, list]) => {
          const values = list.map((e) => idOf(d, e));
          const data = [
            ...choices[d],
            ...values
              .filter((v) => !choices[d].some((c) => c.value === v))
              .map((v) => ({ value: v, label: v })),
          ];
          return (
            <Group key={d + how} gap="xs" align="end" wrap="nowrap">
              <Select
                label={t(`builder.dimensions.${d}`)}
                w={130}
                allowDeselect={false}
                value={how}
                data={(d === 'extras'
                  ? (['any_of', 'none_of', 'all_of'] as const)
                  : (['any_of', 'none_of'] as const)
                ).map((h) => ({ value: h, label: t(`builder.hows.${h}`) }))}
                onChange={(h) => h && values.length && set(d, h, values)}
              />
              <MultiSelect
                aria-label={`${t(`builder.dimensions.${d}`)} ${t(`builder.hows.${how as 'any_of'}`)}`}
                placeholder={values.length ? undefined : t('builder.any')}
                flex={1}
                searchable
                value={values}
                data={data}
                onChange={(v) =>
                  present.length > 1
                    ? onFilters({ ...filters, [d]: { ...lists[d], [how]: v } } as Filters)
                    : set(d, how, v)
                }
              />
            </Group>
          );
        });
      })}
      <Faults at="/filters" />
      {condition ? (
        <ConditionEditor value={condition} onChange={onCondition} at="/condition" />
      ) : (
        <Button
          variant="subtle"
          size="compact-sm"
          w="fit-content"
          leftSection={<IconPlus size={14} />}
          onClick={() => onCondition({ all: [{ field: 'booking.price', op: 'exists', value: true }] })}
        >
          {t('builder.addCondition')}
        </Button>
      )}
      <Faults at="/condition" />
    </StepCard>
  );
}
