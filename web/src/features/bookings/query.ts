import type { Search } from '@/lib/address';

/** The filters of the address as the API names them. */
export const filtersOf = (s: Search) => ({
  q: s.q,
  status: s.status,
  service_id: s.service,
  location_id: s.location,
  resource_id: s.resource,
});
