import { notifications } from '@mantine/notifications';
import type { TFunction } from 'i18next';
import { useCallback, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Fault, type Problem, problemOf } from './problem';

/** A fresh name for a command; also where the page came over plain HTTP and `randomUUID` is missing. */
export function commandName(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
}

/**
 * One act at a time: a second click while the first is under way does nothing. A command keeps its name until the
 * server has answered, so that a try after a lost answer is not carried out twice.
 */
export function useAct() {
  const { t } = useTranslation();
  const under = useRef(false);
  const name = useRef<{ of: string; key: string } | null>(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const run = useCallback(
    async <T>(
      work: (headers: { 'Idempotency-Key': string }) => Promise<T>,
      options: { of?: unknown; done?: string; quiet?: boolean } = {},
    ): Promise<{ ok: true; value: T } | { ok: false; problem: Problem } | null> => {
      if (under.current) return null;
      under.current = true;
      setBusy(true);
      setProblem(null);
      const of = JSON.stringify(options.of ?? null);
      if (name.current?.of !== of) name.current = { of, key: commandName() };
      try {
        const value = await work({ 'Idempotency-Key': name.current.key });
        name.current = null;
        if (options.done) notifications.show({ message: options.done, color: 'teal' });
        return { ok: true, value };
      } catch (error) {
        const found = problemOf(error);
        if (found.status !== 0 && found.status < 500) name.current = null;
        setProblem(found);
        if (!options.quiet) notifications.show({ message: inWords(t, found), color: 'red', autoClose: 8000 });
        return { ok: false, problem: found };
      } finally {
        under.current = false;
        setBusy(false);
      }
    },
    [t],
  );
  const faults: Fault[] = problem?.errors ?? [];
  return { run, busy, problem, faults, clear: () => setProblem(null) };
}

/** One sentence for a problem, in the person's language where we know it. */
export function inWords(t: TFunction, p: Problem): string {
  if (p.status === 0) return t('common.noAnswer');
  if (p.status === 401) return t('common.signedOut');
  if (p.code === 'wrong_password') return t('common.wrongPassword');
  if (p.status === 403) return t('common.forbidden');
  if (p.status === 404) return t('common.notFound');
  if (p.status === 412) return t('common.changedMeanwhile');
  if (p.status === 429) return t('common.tooMany');
  if (p.status === 422) return t('common.faults', { count: p.errors?.length ?? 1 });
  return p.detail ?? t('common.wentWrong', { status: p.status });
}
