import { expect, it } from 'vitest';
import { allows } from './role';

it('lets a viewer read and nothing else', () => {
  expect(allows('viewer', false, 'bookings:read')).toBe(true);
  for (const scope of ['bookings:write', 'messages:write', 'erase', 'users', 'keys:read'])
    expect([scope, allows('viewer', false, scope)]).toEqual([scope, false]);
});
it('keeps people, keys and the business itself for the owner', () => {
  expect(allows('editor', false, 'bookings:write')).toBe(true);
  for (const scope of ['users', 'keys:write', 'business:write', 'erase', 'channels:write']) {
    expect([scope, allows('editor', false, scope)]).toEqual([scope, false]);
    expect([scope, allows('owner', false, scope)]).toEqual([scope, true]);
  }
  expect(allows('viewer', true, 'erase')).toBe(true);
});
