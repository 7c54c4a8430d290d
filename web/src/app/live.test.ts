import { expect, test } from 'vitest';
import { events, touched } from './live';

test('an event cut in two by the network is read when its end has come', () => {
  const whole =
    ': hello\n\nid: evt_1\nevent: booking.changed\ndata: {}\n\nid: evt_2\nevent: message.failed\ndata: {}\n\n';
  for (let cut = 0; cut <= whole.length; cut++) {
    const first = events(whole.slice(0, cut));
    const second = events(first.rest + whole.slice(cut));
    expect([...first.found, ...second.found].map((e) => e.id)).toEqual(['evt_1', 'evt_2']);
  }
});

test('a changed booking has the calendar and the messages read anew, a message leaves the calendar alone', () => {
  expect(touched('booking.changed')).toEqual(expect.arrayContaining(['/v1/bookings', '/v1/timers']));
  expect(touched('message.failed')).not.toContain('/v1/bookings');
});
