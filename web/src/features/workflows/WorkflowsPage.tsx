import {
  ActionIcon,
  Badge,
  Button,
  Group,
  Menu,
  Select,
  Switch,
  Table,
  Text,
  TextInput,
} from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconCopy, IconDots, IconPlus, IconRoute, IconSearch, IconTrash } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import type { components } from '@/api/schema';
import { Empty, Page } from '@/app/Page';
import { Tile } from '@/components/Bits';
import { Panel, Trouble, Waiting } from '@/components/Panel';
import { useAct } from '@/lib/act';
import { useAddress } from '@/lib/address';
import { useAll } from '@/lib/lists';
import { useMay } from '@/lib/role';
import { dayAndTime } from '@/lib/time';
import { unwrap } from '@/lib/unwrap';
import { useBusiness } from '@/lib/use-business';
import { Gallery } from './Gallery';
import classes from './list.module.css';

type Workflow = components['schemas']['Workflow'];
const sends = ['email', 'sms', 'webhook'] as const;

/** The rules of the business: what each does in one sentence, how it goes, and the switch. */
export function WorkflowsPage() {
  const { t } = useTranslation();
  const [search, set] = useAddress();
  const { data, error, refetch } = useAll<Workflow>('/v1/workflows');
  const [gallery, setGallery] = useState(false);
  const may = useMay()('workflows:write');
  const q = (search.q ?? '').toLocaleLowerCase();
  const rows = (data?.rows ?? []).filter(
    (w) =>
      w.name.toLocaleLowerCase().includes(q) &&
      (!search.on || String(w.enabled) === search.on) &&
      (!search.channel || w.actions.some((a) => a.type === search.channel)),
  );
  const add = may && (
    <Button leftSection={<IconPlus size={16} />} onClick={() => setGallery(true)}>
      {t('workflows.new')}
    </Button>
  );
  return (
    <Page title={t('nav.workflows')} lead={t('workflows.lead')} action={add}>
      <Group gap="sm" mb="md">
        <TextInput
          aria-label={t('workflows.search')}
          placeholder={t('workflows.search')}
          leftSection={<IconSearch size={16} />}
          value={search.q ?? ''}
          onChange={(e) => set({ q: e.currentTarget.value })}
          flex="1 1 200px"
        />
        <Select
          aria-label={t('workflows.state')}
          placeholder={t('workflows.state')}
          clearable
          w={150}
          value={search.on ?? null}
          onChange={(on) => set({ on: on ?? undefined })}
          data={[
            { value: 'true', label: t('workflows.on') },
            { value: 'false', label: t('workflows.off') },
          ]}
        />
        <Select
          aria-label={t('workflows.channel')}
          placeholder={t('workflows.channel')}
          clearable
          w={150}
          value={search.channel ?? null}
          onChange={(channel) => set({ channel: channel ?? undefined })}
          data={sends.map((c) => ({ value: c, label: t(`common.channels.${c}`) }))}
        />
      </Group>
      <Panel>
        {error ? (
          <Trouble error={error} retry={refetch} />
        ) : !data ? (
          <Waiting />
        ) : data.rows.length === 0 ? (
          <Empty
            icon={<IconRoute size={28} />}
            title={t('workflows.none')}
            text={t('workflows.noneText')}
            action={add || undefined}
          />
        ) : rows.length === 0 ? (
          <Text p="lg" c="dimmed">
            {t('common.noHits')}
          </Text>
        ) : (
          <Table.ScrollContainer minWidth={640} type="native" className={classes.scroll}>
            <Table verticalSpacing="sm" horizontalSpacing="lg" highlightOnHover borderColor="var(--line)">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>{t('workflows.name')}</Table.Th>
                  <Table.Th>{t('workflows.does')}</Table.Th>
                  <Table.Th>{t('workflows.next')}</Table.Th>
                  <Table.Th>{t('workflows.on')}</Table.Th>
                  {may && (
                    <Table.Th w={56}>
                      <span className="visually-hidden">{t('common.moreActs')}</span>
                    </Table.Th>
                  )}
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {rows.map((w) => (
                  <Row key={w.id} workflow={w} may={may} />
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        )}
      </Panel>
      <Gallery opened={gallery} onClose={() => setGallery(false)} />
    </Page>
  );
}

/** What a list needs besides the workflow itself: its sentence, its next timer and what failed in a month. */
function useMore(w: Workflow) {
  return useQuery({
    queryKey: ['workflows', 'more', w.id, w.revision],
    queryFn: async ({ signal }) => {
      const { name, triggers, filters, condition, actions } = w;
      const body = { name, triggers, filters, condition, actions };
      const from = new Date(Date.now() - 30 * 86_400_000).toISOString();
      const [check, timers, failed] = await Promise.all([
        unwrap(api.POST('/v1/workflows/check', { body: body as never, signal })),
        unwrap(api.GET('/v1/timers', { params: { query: { workflow_id: w.id, limit: 1 } }, signal })),
        unwrap(
          api.GET('/v1/messages', {
            params: { query: { workflow_id: w.id, state: 'failed', from, limit: 100 } },
            signal,
          }),
        ),
      ]);
      return {
        sentence: check.sentence,
        warnings: check.warnings.length,
        next: timers.data[0],
        failed: failed.data.length,
      };
    },
  });
}

function Row({ workflow: w, may }: { workflow: Workflow; may: boolean }) {
  const { t, i18n } = useTranslation();
  const { zone } = useBusiness();
  const { data } = useMore(w);
  const queries = useQueryClient();
  const navigate = useNavigate();
  const act = useAct();
  const fresh = () => queries.invalidateQueries({ queryKey: ['get', '/v1/workflows'] });
  const path = { params: { path: { id: w.id } } };
  const turn = async (enabled: boolean) => {
    await act.run((headers) =>
      unwrap(
        api.PATCH('/v1/workflows/{id}', {
          ...path,
          body: { enabled },
          headers: { ...headers, 'If-Match': `"${w.revision}"` },
        } as never),
      ),
    );
    fresh();
  };
  const duplicate = async () => {
    const copy = await act.run(
      (headers) => unwrap(api.POST('/v1/workflows/{id}/duplicate', { ...path, headers })),
      { of: ['copy', w.id] },
    );
    fresh();
    if (copy?.ok) navigate({ to: '/workflows/$id', params: { id: copy.value.id } });
  };
  const remove = async () => {
    const gone = await act.run((headers) => unwrap(api.DELETE('/v1/workflows/{id}', { ...path, headers })));
    if (!gone?.ok) return fresh();
    fresh();
    const note = notifications.show({
      autoClose: 12_000,
      message: (
        <Group justify="space-between" wrap="nowrap">
          <span>{t('workflows.deleted', { name: w.name })}</span>
          <Button
            size="compact-sm"
            variant="light"
            onClick={async () => {
              notifications.hide(note);
              await act.run((headers) =>
                unwrap(api.POST('/v1/workflows/{id}/undelete', { ...path, headers })),
              );
              fresh();
            }}
          >
            {t('common.undo')}
          </Button>
        </Group>
      ),
    });
  };
  const kinds = [...new Set(w.actions.map((a) => a.type))].filter((k) => sends.some((s) => s === k));
  return (
    <Table.Tr className={classes.row}>
      <Table.Td maw={480}>
        <Link to="/workflows/$id" params={{ id: w.id }} className={classes.link} dir="auto">
          {w.name}
        </Link>
        <Text size="sm" c="dimmed" lineClamp={2} mih="1.4em">
          {data?.sentence?.[i18n.language as 'nb']}
        </Text>
      </Table.Td>
      <Table.Td>
        <Group gap={6} wrap="nowrap">
          {kinds.map((k) => (
            <Tile key={k} kind={k} label={t(`common.channels.${k as 'email'}`)} />
          ))}
        </Group>
      </Table.Td>
      <Table.Td className="num">
        <Text size="sm" style={{ whiteSpace: 'nowrap' }}>
          {data?.next ? dayAndTime(data.next.due_at, i18n.language, zone) : '–'}
        </Text>
        {data && data.failed > 0 && (
          <Link
            to="/messages"
            search={{ workflow: w.id, state: 'failed' } as never}
            className={classes.above}
          >
            <Text size="sm" c="var(--tone-bad)">
              {t('workflows.failed', { count: data.failed })}
            </Text>
          </Link>
        )}
        {data && data.warnings > 0 && (
          <Badge className="tone" data-tone="warn">
            {t('workflows.warnings', { count: data.warnings })}
          </Badge>
        )}
      </Table.Td>
      <Table.Td>
        <Switch
          className={classes.above}
          color="teal.8"
          aria-label={t('workflows.turn', { name: w.name })}
          checked={w.enabled}
          disabled={!may || act.busy}
          onChange={(e) => turn(e.currentTarget.checked)}
        />
      </Table.Td>
      {may && (
        <Table.Td>
          <Menu position="bottom-end">
            <Menu.Target>
              <ActionIcon className={classes.above} aria-label={t('workflows.more', { name: w.name })}>
                <IconDots size={18} />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item leftSection={<IconCopy size={16} />} onClick={duplicate}>
                {t('workflows.duplicate')}
              </Menu.Item>
              <Menu.Item color="red" leftSection={<IconTrash size={16} />} onClick={remove}>
                {t('workflows.delete')}
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        </Table.Td>
      )}
    </Table.Tr>
  );
}
