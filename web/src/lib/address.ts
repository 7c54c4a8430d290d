import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback } from 'react';

export type Search = Record<string, string | undefined>;

/** What the router lets through: short texts. Everything else in the address is dropped, not trusted. */
export function shortTexts(search: Record<string, unknown>): Search {
  return Object.fromEntries(
    Object.entries(search)
      .filter(([k, v]) => k.length < 40 && (typeof v === 'string' || typeof v === 'number'))
      .map(([k, v]) => [k, String(v).slice(0, 300)])
      .filter(([, v]) => v !== ''),
  );
}

/** The filters of a page, kept in its address: a link shows the same list to somebody else, and back goes back. */
export function useAddress(): [Search, (patch: Search, options?: { push?: boolean }) => void] {
  const search = shortTexts(useSearch({ strict: false }) as Record<string, unknown>);
  const navigate = useNavigate();
  const set = useCallback(
    (patch: Search, options: { push?: boolean } = {}) => {
      navigate({
        to: '.',
        search: ((old: Record<string, unknown>) => shortTexts({ ...old, ...patch })) as never,
        replace: !options.push,
        resetScroll: false,
      });
    },
    [navigate],
  );
  return [search, set];
}
