import type { components } from '@/api/schema';
import { major, minor } from '@/lib/money';
import { minutesBetween, wall } from '@/lib/time';
import type { Booking } from './parts';

type Create = components['schemas']['BookingCreate'];
type Patch = components['schemas']['BookingPatch'];

/** The form as a person sees it: wall times, whole money, ids. */
export type Form = {
  customer: string | null;
  first: string;
  last: string;
  email: string;
  phone: string;
  service: string | null;
  location: string | null;
  resource: string | null;
  extras: Record<string, number>;
  day: string | null;
  time: string;
  minutes: number | '';
  status: string;
  price: number | '';
  language: string | null;
  notes: string;
  automations: 'on' | 'timed' | 'off';
};

export type Draft = { start?: string; resource?: string; customer?: string; booking?: Booking };

export function formOf(draft: Draft, zone: string): Form {
  const b = draft.booking;
  if (!b) {
    return {
      customer: draft.customer ?? null,
      first: '',
      last: '',
      email: '',
      phone: '',
      service: null,
      location: null,
      resource: draft.resource ?? null,
      extras: {},
      day: draft.start?.slice(0, 10) ?? null,
      time: draft.start?.slice(11, 16) ?? '',
      minutes: '',
      status: 'approved',
      price: '',
      language: null,
      notes: '',
      automations: 'on',
    };
  }
  const start = wall(b.start, b.location?.time_zone ?? zone);
  return {
    customer: b.customer?.id ?? null,
    first: '',
    last: '',
    email: '',
    phone: '',
    service: b.service.id,
    location: b.location?.id ?? null,
    resource: b.resource?.id ?? null,
    extras: Object.fromEntries(b.extras.map((e) => [e.id, e.quantity])),
    day: start.slice(0, 10),
    time: start.slice(11, 16),
    minutes: minutesBetween(b.start, b.end),
    status: b.status,
    price: b.price ? major(b.price.amount, b.price.currency) : '',
    language: b.language ?? null,
    notes: b.notes ?? '',
    automations: b.automations,
  };
}

/** A wall time some minutes on, on the same wall. */
export function wallPlus(local: string, minutes: number): string {
  return new Date(Date.parse(`${local}Z`) + minutes * 60_000).toISOString().slice(0, 19);
}

/** The body of a booking as the API takes it. A start without offset is read on the wall of its place. */
export function bodyOf(f: Form, currency: string): Create {
  const start = f.day ? `${f.day}T${f.time || '00:00'}:00` : '';
  const ref = (id: string | null) => (id ? { id } : null);
  const person = Object.fromEntries(
    Object.entries({ first_name: f.first, last_name: f.last, email: f.email, phone: f.phone })
      .map(([k, v]) => [k, v.trim()])
      .filter(([, v]) => v),
  );
  const extras = Object.entries(f.extras)
    .filter(([, n]) => n > 0)
    .map(([id, quantity]) => ({ id, quantity }));
  return {
    customer: (f.customer ? { id: f.customer } : person) as Create['customer'],
    service: ref(f.service) as unknown as Create['service'],
    location: ref(f.location),
    resource: ref(f.resource),
    extras,
    status: f.status,
    start,
    ...(f.minutes !== '' && start && { end: wallPlus(start, f.minutes) }),
    language: f.language,
    price: f.price === '' ? null : { amount: minor(f.price, currency), currency },
    notes: f.notes || null,
    source: 'staff',
    automations: f.automations,
  } as Create;
}

/** Only what was changed, so that what another wrote meanwhile stays. */
export function changesOf(before: Form, after: Form, currency: string): Patch {
  const [a, b] = [bodyOf(before, currency), bodyOf(after, currency)] as Record<string, unknown>[];
  const patch: Record<string, unknown> = {};
  for (const key of Object.keys(b ?? {})) {
    if (JSON.stringify(a?.[key]) !== JSON.stringify(b?.[key])) patch[key] = b?.[key];
  }
  delete patch.source;
  return patch as Patch;
}
