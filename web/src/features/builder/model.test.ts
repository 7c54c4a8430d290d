import { describe, expect, test } from 'vitest';
import {
  actionTypes,
  bodyOf,
  diff,
  draftOf,
  newAction,
  newTrigger,
  readDuration,
  under,
  units,
  writeDuration,
} from './model';

describe('durations', () => {
  test('a duration of one unit is read as it was written', () => {
    for (const unit of units) expect(readDuration(writeDuration(3, unit))).toEqual({ amount: 3, unit });
  });
  test('a duration of several units is left alone', () => {
    for (const text of ['P1DT2H', 'PT1H30M', 'PT30S', '', 'later', null])
      expect(readDuration(text)).toBeNull();
  });
});

test('a workflow comes out of the draft as it went in, without our keys', () => {
  const w = {
    name: 'x',
    enabled: true,
    triggers: [newTrigger('booking.starts')],
    filters: {},
    condition: null,
    actions: actionTypes.map((type) => newAction(type, ['nb'])),
  };
  expect(bodyOf(draftOf(w))).toEqual(w);
});

test('a fault belongs to the card it points into and to no card whose number begins alike', () => {
  const faults = ['/actions/1', '/actions/1/to/0', '/actions/10/url'].map((pointer) => ({
    pointer,
    code: 'x',
    message: '',
  }));
  expect(under(faults, '/actions/1').map((f) => f.pointer)).toEqual(['/actions/1', '/actions/1/to/0']);
});

test('the difference of two versions rebuilds both', () => {
  const a = { name: 'A', actions: [{ type: 'sms' }], texts: 'one\ntwo\nthree' };
  const b = { name: 'B', actions: [], texts: 'one\n2\nthree' };
  const lines = diff(a, b);
  const text = (x: unknown) => JSON.stringify(x, null, 2).replaceAll('\\n', '\n');
  expect(
    lines
      .filter((l) => l.sign !== '+')
      .map((l) => l.text)
      .join('\n'),
  ).toBe(text(a));
  expect(
    lines
      .filter((l) => l.sign !== '-')
      .map((l) => l.text)
      .join('\n'),
  ).toBe(text(b));
  expect(lines.some((l) => l.sign === ' ')).toBe(true);
});
