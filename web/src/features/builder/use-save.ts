import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import type { components } from '@/api/schema';
import { useAct } from '@/lib/act';
import { unwrap } from '@/lib/unwrap';
import { bodyOf, type Draft, type Workflow } from './model';

type Impact = components['schemas']['Impact'];

/** Saving: what it would do is asked first, and what another saved meanwhile is shown beside ours. */
export function useSave(saved: Workflow | null, draft: Draft, forget: () => void, leave: () => void) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const act = useAct();
  const [impact, setImpact] = useState<Impact | null>(null);
  const [theirs, setTheirs] = useState<Workflow | null>(null);
  const body = bodyOf(draft);

  const write = async (revision?: number) => {
    setImpact(null);
    const answer = await act.run(
      (headers) =>
        (saved
          ? unwrap(
              api.PATCH('/v1/workflows/{id}', {
                params: { path: { id: saved.id } },
                headers: { 'If-Match': `"${revision ?? saved.revision}"` },
                body,
              } as never) as never,
            )
          : unwrap(api.POST('/v1/workflows', { body, headers } as never) as never)) as Promise<Workflow>,
      { of: [saved?.id, revision, body], done: t('builder.saved') },
    );
    if (answer?.ok) {
      forget();
      leave();
      setTheirs(null);
      await queries.invalidateQueries({ queryKey: ['get', '/v1/workflows'] });
      await queries.invalidateQueries({ queryKey: ['get', '/v1/workflows/{id}'] });
      if (!saved) navigate({ to: '/workflows/$id', params: { id: answer.value.id }, replace: true });
    } else if (answer && answer.problem.status === 412 && saved) {
      const now = await act.run(
        () =>
          unwrap(api.GET('/v1/workflows/{id}', { params: { path: { id: saved.id } } })) as Promise<Workflow>,
      );
      if (now?.ok) setTheirs(now.value);
    }
  };
  const save = async () => {
    const asked = await act.run(
      () =>
        unwrap(
          api.POST('/v1/workflows/impact', {
            body: { ...body, ...(saved && { id: saved.id }) },
          } as never) as never,
        ) as Promise<Impact>,
    );
    if (!asked?.ok) return;
    const { sends_now, plans, supersedes } = asked.value;
    if (sends_now + plans + supersedes > 0) setImpact(asked.value);
    else await write();
  };
  return { save, write, busy: act.busy, faults: act.faults, impact, setImpact, theirs, setTheirs };
}
