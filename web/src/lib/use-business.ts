import { useTranslation } from 'react-i18next';
import { $api } from '@/api/client';
import type { components } from '@/api/schema';
import { useAll } from './lists';

type Schemas = components['schemas'];

/** The business one works in, with what pages need of it before it has come. */
export function useBusiness() {
  const { data } = $api.useQuery('get', '/v1/business', {}, { staleTime: 300_000 });
  return {
    business: data,
    zone: data?.time_zone ?? 'Europe/Oslo',
    currency: data?.currency ?? 'NOK',
    languages: data?.languages ?? ['nb'],
  };
}

/** The zone a booking is read in: its location's own, else the business's. */
export const zoneOf = (b: { location: { time_zone: string | null } | null }, zone: string) =>
  b.location?.time_zone ?? zone;

/** Statuses in their order, and how the business names them in the language of the page. */
export function useStatuses() {
  const { i18n } = useTranslation();
  const { data, ...rest } = useAll<Schemas['Status']>('/v1/statuses');
  const statuses = [...(data?.rows ?? [])].sort((a, b) => a.position - b.position);
  const by = new Map(statuses.map((s) => [s.key, s]));
  const label = (key: string) => {
    const labels = by.get(key)?.labels ?? {};
    return labels[i18n.language] ?? Object.values(labels)[0] ?? key;
  };
  return { statuses, label, colour: (key: string) => by.get(key)?.colour, ...rest };
}

export const useLocations = () => useAll<Schemas['Location']>('/v1/locations').data?.rows ?? [];
export const useResources = () => useAll<Schemas['Resource']>('/v1/resources').data?.rows ?? [];
export const useServices = () => useAll<Schemas['Service']>('/v1/services').data?.rows ?? [];
export const useExtras = () => useAll<Schemas['Extra']>('/v1/extras').data?.rows ?? [];

/** A catalogue object by the name of the page's language. */
export const named = (o: { name: string; names?: Record<string, string> }, lang: string) =>
  o.names?.[lang] ?? o.name;

export const fullName = (
  c: {
    first_name: string | null;
    last_name: string | null;
    email?: string | null;
    phone?: string | null;
  } | null,
) => [c?.first_name, c?.last_name].filter(Boolean).join(' ') || c?.email || c?.phone || '';
