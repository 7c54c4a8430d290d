import type { components } from '@/api/schema';

type S = components['schemas'];
export type Workflow = S['Workflow'];
export type Trigger = S['Trigger'];
export type Action = S['Action'];
export type Condition = S['Condition'];
export type Filters = S['Filters'];
export type Fault = S['Fault'];
/** The server's schema says the same with what each unit allows, which makes it a union nobody can edit. */
export type Offset = {
  amount: number;
  unit: Unit;
  direction: 'before' | 'after';
  at?: string | null;
  working_days?: boolean;
};

/** An action under the pen: the key is only ours, so that a moved card keeps its editors. */
export type Step = { key: string; action: Action };
export type Draft = {
  name: string;
  enabled: boolean;
  triggers: Trigger[];
  filters: Filters;
  condition: Condition | null;
  steps: Step[];
};

let last = 0;
const key = () => `s${++last}`;
export const step = (action: Action): Step => ({ key: key(), action });

type Source = {
  name: string;
  enabled?: boolean;
  triggers: Trigger[];
  filters?: Filters | null;
  condition?: Condition | null;
  actions: Action[];
};
export function draftOf(w: Source): Draft {
  return {
    name: w.name,
    enabled: w.enabled ?? false,
    triggers: w.triggers,
    filters: w.filters ?? {},
    condition: w.condition ?? null,
    steps: w.actions.map(step),
  };
}

/** What the server takes. The name of a workflow that is not named yet is left to the server to complain of. */
export const bodyOf = ({ steps, ...rest }: Draft) => ({ ...rest, actions: steps.map((s) => s.action) });
export const sameDraft = (a: Draft, b: Draft) => JSON.stringify(bodyOf(a)) === JSON.stringify(bodyOf(b));

export const triggerTypes = [
  'booking.starts',
  'booking.ends',
  'booking.created',
  'booking.changed',
  'booking.status_changed',
  'payment.completed',
  'customer.created',
] as const satisfies Trigger['type'][];
export const actionTypes = [
  'email',
  'sms',
  'webhook',
  'wait',
  'stop_if',
  'set_status',
  'set_field',
  'add_tag',
  'remove_tag',
] as const satisfies Action['type'][];

export function newTrigger(type: Trigger['type']): Trigger {
  if (type === 'booking.starts')
    return { type, offset: { amount: 24, unit: 'hours', direction: 'before' } } as Trigger;
  if (type === 'booking.ends')
    return { type, offset: { amount: 2, unit: 'hours', direction: 'after' } } as Trigger;
  return { type } as Trigger;
}

export function newAction(type: Action['type'], languages: string[]): Action {
  const each = <T>(of: T) => Object.fromEntries(languages.slice(0, 1).map((l) => [l, of]));
  const made = {
    email: { type, to: ['customer'], content: each({ subject: '', body: '' }) },
    sms: { type, to: ['customer'], content: each({ text: '' }) },
    webhook: { type, method: 'POST', url: 'https://' },
    wait: { type, duration: 'PT1H' },
    stop_if: { type, condition: { field: 'booking.status', op: 'eq', value: '' } },
    set_status: { type, status: '' },
    set_field: { type, field: 'booking.notes', value: '' },
    add_tag: { type, tag: '' },
    remove_tag: { type, tag: '' },
  }[type];
  return made as Action;
}

export const units = ['minutes', 'hours', 'days', 'weeks'] as const;
export type Unit = (typeof units)[number];
/** A duration of one unit as people write it; anything finer stays as it is. */
export function readDuration(text: string | null | undefined): { amount: number; unit: Unit } | null {
  const m = /^P(?:(\d+)W|(\d+)D|T(\d+)H|T(\d+)M)$/.exec(text ?? '');
  if (!m) return null;
  const [unit, digits] = m[1]
    ? (['weeks', m[1]] as const)
    : m[2]
      ? (['days', m[2]] as const)
      : m[3]
        ? (['hours', m[3]] as const)
        : (['minutes', m[4]] as const);
  return { amount: Number(digits), unit };
}
export const writeDuration = (amount: number, unit: Unit) =>
  ({ weeks: `P${amount}W`, days: `P${amount}D`, hours: `PT${amount}H`, minutes: `PT${amount}M` })[unit];

/** Faults at or below a place of the body. */
export const under = (faults: Fault[], pointer: string) =>
  faults.filter((f) => f.pointer === pointer || f.pointer.startsWith(`${pointer}/`));

export type DiffLine = { sign: ' ' | '+' | '-'; text: string };
/** Line by line, by the longest common subsequence; long texts that have little in common are shown whole. */
export function diff(before: unknown, after: unknown): DiffLine[] {
  const lines = (x: unknown) => JSON.stringify(x, null, 2).replaceAll('\\n', '\n').split('\n');
  const a = lines(before);
  const b = lines(after);
  if (a.length * b.length > 4_000_000)
    return [
      ...a.map((text) => ({ sign: '-' as const, text })),
      ...b.map((text) => ({ sign: '+' as const, text })),
    ];
  const w = b.length + 1;
  const common = new Uint32Array((a.length + 1) * w);
  const at = (i: number, j: number) => common[i * w + j] as number;
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      common[i * w + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  const out: DiffLine[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      out.push({ sign: ' ', text: a[i++] as string });
      j++;
    } else if (j >= b.length || (i < a.length && at(i + 1, j) >= at(i, j + 1)))
      out.push({ sign: '-', text: a[i++] as string });
    else out.push({ sign: '+', text: b[j++] as string });
  }
  return out;
}
