import type { components } from '@/api/schema';

/** What the server answers when something is wrong (RFC 9457), and what we make of a server that does not answer. */
export type Problem = Partial<components['schemas']['Problem']> & { status: number };
export type Fault = components['schemas']['Fault'];

export const isProblem = (x: unknown): x is Problem =>
  typeof x === 'object' && x !== null && typeof (x as { status?: unknown }).status === 'number';

/** Any thrown thing as a problem; status 0 is a server that could not be reached. */
export function problemOf(error: unknown): Problem {
  if (isProblem(error)) return error;
  return { status: 0, code: 'no_answer', detail: error instanceof Error ? error.message : String(error) };
}

/** The fault that speaks of this place of the body: the longest pointer at or below it, else one above it. */
export function faultAt(faults: Fault[], pointer: string): string | undefined {
  const hit = faults.find((f) => f.pointer === pointer || f.pointer.startsWith(`${pointer}/`));
  return hit && sentence(hit);
}

/** Faults that no field on the form shows. */
export const elsewhere = (faults: Fault[], shown: string[]) =>
  faults.filter((f) => !shown.some((p) => f.pointer === p || f.pointer.startsWith(`${p}/`)));

export const sentence = (f: Fault) => (f.suggestion ? `${f.message} (${f.suggestion})` : f.message);
