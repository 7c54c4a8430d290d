import { expect, it } from 'vitest';
import en from './en';
import nb from './nb';

const flat = (o: object, at = ''): [string, string][] =>
  Object.entries(o).flatMap(([k, v]) =>
    typeof v === 'string' ? [[at + k, v] as [string, string]] : flat(v, `${at}${k}.`),
  );
const holes = (s: string) => (s.match(/\{\{\w+\}\}/g) ?? []).sort();

it('has the same texts in both languages, with the same holes', () => {
  const a = Object.fromEntries(flat(nb));
  const b = Object.fromEntries(flat(en));
  expect(Object.keys(b).sort()).toEqual(Object.keys(a).sort());
  for (const k of Object.keys(a)) expect([k, holes(b[k] ?? '')]).toEqual([k, holes(a[k] ?? '')]);
});
