import { Button, Group, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import type { components } from '@/api/schema';
import { Panel, Trouble, Waiting } from '@/components/Panel';
import { useAct } from '@/lib/act';
import { usePages } from '@/lib/lists';
import { useMay } from '@/lib/role';
import { dayAndTime } from '@/lib/time';
import { unwrap } from '@/lib/unwrap';
import { useBusiness } from '@/lib/use-business';
import { Diff } from './Diff';
import { bodyOf, draftOf, type Workflow } from './model';

type Version = components['schemas']['WorkflowVersion'];

/** Every saved version: who, when, what differs from now, and the way back. */
export function Versions({ workflow, onRestored }: { workflow: Workflow; onRestored: () => void }) {
  const { t, i18n } = useTranslation();
  const { zone } = useBusiness();
  const list = usePages<Version>('/v1/workflows/{id}/versions', {}, { id: workflow.id });
  const [shown, setShown] = useState<number | null>(null);
  const may = useMay()('workflows:write');
  const act = useAct();
  const queries = useQueryClient();
  const restore = async (version: number) => {
    const done = await act.run(
      (headers) =>
        unwrap(
          api.POST('/v1/workflows/{id}/versions/{version}/restore', {
            params: { path: { id: workflow.id, version } },
            headers,
          } as never) as never,
        ),
      { of: ['restore', workflow.id, version, workflow.revision], done: t('builder.restored', { version }) },
    );
    if (!done?.ok) return;
    await queries.invalidateQueries({ queryKey: ['get', '/v1/workflows'] });
    onRestored();
  };
  if (list.error) return <Trouble error={list.error} retry={list.refetch} />;
  if (list.isPending) return <Waiting />;
  return (
    <Panel>
      {list.rows.map((v) => (
        <div key={v.version} style={{ padding: '12px 16px', borderBottom: '1px solid var(--line)' }}>
          <Group justify="space-between">
            <div>
              <Text size="sm" fw={570}>
                {t('builder.version', { version: v.version })}
                {v.version === workflow.version && ` · ${t('builder.inForce')}`}
              </Text>
              <Text size="sm" c="dimmed" dir="auto">
                {dayAndTime(v.created_at, i18n.language, zone)} · {v.author}
                {v.note && ` · ${v.note}`}
              </Text>
            </div>
            {v.version !== workflow.version && (
              <Group gap="xs">
                <Button
                  size="xs"
                  variant="subtle"
                  aria-expanded={shown === v.version}
                  onClick={() => setShown(shown === v.version ? null : v.version)}
                >
                  {t('builder.compare')}
                </Button>
                {may && (
                  <Button size="xs" variant="default" loading={act.busy} onClick={() => restore(v.version)}>
                    {t('builder.restore')}
                  </Button>
                )}
              </Group>
            )}
          </Group>
          {shown === v.version && (
            <Diff before={bodyOf(draftOf(v.workflow))} after={bodyOf(draftOf(workflow))} />
          )}
        </div>
      ))}
      {list.hasNextPage && (
        <Button variant="subtle" onClick={() => list.fetchNextPage()}>
          {t('common.more')}
        </Button>
      )}
    </Panel>
  );
}
