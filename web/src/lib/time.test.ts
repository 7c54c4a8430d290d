import { expect, it } from 'vitest';
import { addDays, dayOf, instantOf, mondayOf, wall } from './time';

const oslo = 'Europe/Oslo';

it('shows an instant on the wall of a place, summer and winter', () => {
  expect(wall('2026-07-01T10:00:00Z', oslo)).toBe('2026-07-01 12:00:00');
  expect(wall('2026-12-16T15:45:00Z', oslo)).toBe('2026-12-16 16:45:00');
  expect(dayOf('2026-12-31T23:30:00Z', oslo)).toBe('2027-01-01');
  expect(wall('2026-12-16T00:00:00Z', 'UTC')).toBe('2026-12-16 00:00:00');
});
it('finds the instant of a wall time', () => {
  for (const at of ['2026-07-01T10:00:00.000Z', '2026-12-16T15:45:00.000Z'])
    expect(instantOf(wall(at, oslo), oslo)).toBe(at);
});
it('takes the first of a wall time that comes twice, and moves one that does not exist forward', () => {
  expect(instantOf('2026-10-25 02:30:00', oslo)).toBe('2026-10-25T00:30:00.000Z');
  expect(instantOf('2026-03-29 02:30:00', oslo)).toBe('2026-03-29T01:30:00.000Z');
});
it('counts days over a change of the clock', () => {
  expect(addDays('2026-10-24', 2)).toBe('2026-10-26');
  expect(mondayOf('2026-11-29')).toBe('2026-11-23');
  expect(mondayOf('2026-11-23')).toBe('2026-11-23');
});
