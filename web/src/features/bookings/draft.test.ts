import { expect, it } from 'vitest';
import { bodyOf, changesOf, formOf, wallPlus } from './draft';
import type { Booking } from './parts';

const booking = {
  id: 'bkg_1',
  customer: { id: 'cus_1' },
  service: { id: 'svc_1' },
  location: { id: 'loc_1', time_zone: null },
  resource: null,
  extras: [{ id: 'ext_1', quantity: 2 }],
  start: '2026-12-16T15:45:00Z',
  end: '2026-12-16T17:45:00Z',
  status: 'approved',
  price: { amount: 189050, currency: 'NOK' },
  language: 'nb',
  notes: null,
  automations: 'on',
} as unknown as Booking;

it('shows a booking on the wall of its place, and changes nothing when nothing was changed', () => {
  const form = formOf({ booking }, 'Europe/Oslo');
  expect(form).toMatchObject({ day: '2026-12-16', time: '16:45', minutes: 120, price: 1890.5 });
  expect(changesOf(form, { ...form }, 'NOK')).toEqual({});
});
it('sends only what was changed', () => {
  const form = formOf({ booking }, 'Europe/Oslo');
  expect(changesOf(form, { ...form, time: '17:00' }, 'NOK')).toEqual({
    start: '2026-12-16T17:00:00',
    end: '2026-12-16T19:00:00',
  });
  expect(changesOf(form, { ...form, price: '', resource: 'rsc_1' }, 'NOK')).toEqual({
    price: null,
    resource: { id: 'rsc_1' },
  });
  expect(changesOf(form, { ...form, extras: { ext_1: 0 } }, 'NOK')).toEqual({ extras: [] });
});
it('makes a new customer of what was typed, without the empty fields', () => {
  const form = { ...formOf({}, 'Europe/Oslo'), first: ' Kari ', email: 'kari@example.no' };
  expect(bodyOf(form, 'NOK').customer).toEqual({ first_name: 'Kari', email: 'kari@example.no' });
});
it('counts past midnight', () => {
  expect(wallPlus('2026-12-31T23:30:00', 45)).toBe('2027-01-01T00:15:00');
});
