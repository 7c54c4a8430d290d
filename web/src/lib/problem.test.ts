import { expect, it } from 'vitest';
import { elsewhere, faultAt, problemOf } from './problem';

const faults = [
  { pointer: '/customer/email', code: 'email', message: 'not an address' },
  { pointer: '/start', code: 'required', message: 'is required', suggestion: 'give a start' },
  { pointer: '', code: 'other', message: 'of the whole' },
];

it('finds the fault of a field, at its pointer or below it', () => {
  expect(faultAt(faults, '/customer')).toBe('not an address');
  expect(faultAt(faults, '/start')).toBe('is required (give a start)');
  expect(faultAt(faults, '/end')).toBeUndefined();
  expect(faultAt([{ pointer: '/startle', code: 'x', message: 'other field' }], '/start')).toBeUndefined();
});
it('keeps the faults that no field shows', () => {
  expect(elsewhere(faults, ['/customer', '/start']).map((f) => f.code)).toEqual(['other']);
});
it('reads a server that does not answer as status 0', () => {
  expect(problemOf(new TypeError('Failed to fetch'))).toMatchObject({ status: 0, code: 'no_answer' });
  expect(problemOf({ status: 412, code: 'precondition_failed' }).status).toBe(412);
});
