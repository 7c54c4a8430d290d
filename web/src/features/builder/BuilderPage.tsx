import { useQueryClient } from '@tanstack/react-query';
import { useParams, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { $api } from '@/api/client';
import { Page } from '@/app/Page';
import { Trouble, Waiting } from '@/components/Panel';
import type { VariableItem } from '@/editor/suggestion';
import { useBusiness } from '@/lib/use-business';
import { Builder } from './Builder';
import { type Draft, draftOf, newAction, newTrigger } from './model';

/** A workflow under the pen: a saved one, a ready-made one, or an empty one. */
export function BuilderPage() {
  const { id } = useParams({ strict: false }) as { id: string };
  const { template } = useSearch({ strict: false }) as { template?: string };
  const { t, i18n } = useTranslation();
  const { business, languages } = useBusiness();
  const queries = useQueryClient();
  const fresh = id === 'new';
  const path = { params: { path: { id } } };
  const workflow = $api.useQuery('get', '/v1/workflows/{id}', path, { enabled: !fresh, staleTime: 0 });
  const templates = $api.useQuery(
    'get',
    '/v1/workflow-templates',
    {},
    { enabled: fresh && Boolean(template) },
  );
  const variables = useVariables();
  const error = workflow.error ?? templates.error;
  const start = useMemo<Draft | null>(() => {
    if (!fresh) return workflow.data ? draftOf(workflow.data) : null;
    if (!template) {
      if (!business) return null;
      const actions = [newAction('email', languages)];
      return draftOf({ name: t('builder.newName'), triggers: [newTrigger('booking.starts')], actions });
    }
    const found = templates.data?.data.find((x) => x.id === template);
    return found ? draftOf({ ...found.workflow, name: found.name[i18n.language as 'nb'] } as never) : null;
  }, [fresh, template, workflow.data, templates.data, business, languages, t, i18n.language]);
  if (error)
    return (
      <Page title={t('nav.workflows')}>
        <Trouble
          error={error}
          retry={() => queries.invalidateQueries({ queryKey: ['get', '/v1/workflows/{id}'] })}
        />
      </Page>
    );
  if (!start || !variables)
    return (
      <Page title={t('nav.workflows')}>
        <Waiting />
      </Page>
    );
  // Chips are labelled when the editor is made, so a change of language makes it anew; the draft is kept on this device.
  return (
    <Builder
      key={`${id}-${template ?? ''}-${workflow.data?.revision ?? 0}-${i18n.language}`}
      id={fresh ? null : id}
      saved={workflow.data ?? null}
      start={start}
      variables={variables}
    />
  );
}

function useVariables(): VariableItem[] | undefined {
  const { t, i18n } = useTranslation();
  const { data } = $api.useQuery('get', '/v1/variables', {}, { staleTime: Number.POSITIVE_INFINITY });
  return useMemo(
    () =>
      data?.data
        .filter((v) => !v.only_conditions && !v.name.includes('<'))
        .map((v) => {
          const group = `editor.groups.${v.group}`;
          return {
            path: v.name,
            label: v.label[i18n.language as 'nb'],
            group: i18n.exists(group) ? t(group as 'editor.groups.booking') : v.group,
            sample: typeof v.sample === 'string' ? v.sample : JSON.stringify(v.sample ?? ''),
          };
        }),
    [data, t, i18n],
  );
}
