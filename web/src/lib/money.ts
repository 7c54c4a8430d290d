import type { components } from '@/api/schema';

export type Money = components['schemas']['Money'];

/** How many decimals a currency has: kroner two, yen none. */
export const decimalsOf = (currency: string) =>
  new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;

export function money(m: Money | null | undefined, lang: string): string {
  if (!m) return '–';
  const digits = decimalsOf(m.currency);
  return new Intl.NumberFormat(lang === 'nb' ? 'nb-NO' : 'en-GB', {
    style: 'currency',
    currency: m.currency,
    minimumFractionDigits: m.amount % 10 ** digits === 0 ? 0 : digits,
  }).format(m.amount / 10 ** digits);
}
/** What a person typed, in minor units. */
export const minor = (typed: number, currency: string) => Math.round(typed * 10 ** decimalsOf(currency));
export const major = (amount: number, currency: string) => amount / 10 ** decimalsOf(currency);
