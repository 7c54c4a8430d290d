import { Button, Drawer, Select, Table, Tabs, Text } from '@mantine/core';
import { IconMailOff, IconRefresh } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import type { components } from '@/api/schema';
import { Empty, Page } from '@/app/Page';
import { StateBadge, Tile } from '@/components/Bits';
import { Confirm } from '@/components/Confirm';
import { CustomerPicker } from '@/components/CustomerPicker';
import { More, Panel, Trouble, Waiting } from '@/components/Panel';
import panel from '@/components/panel.module.css';
import { useAct } from '@/lib/act';
import { type Search, useAddress } from '@/lib/address';
import { useAll, usePages } from '@/lib/lists';
import { useMay } from '@/lib/role';
import { dayAndTime } from '@/lib/time';
import { unwrap } from '@/lib/unwrap';
import { useBusiness } from '@/lib/use-business';
import { MessageView } from './MessageView';
import { Upcoming } from './Upcoming';

type Schemas = components['schemas'];
type Message = Schemas['Message'];
const states = [
  'sent',
  'delivered',
  'captured',
  'failed',
  'skipped',
  'cancelled',
  'planned',
  'queued',
  'unknown',
] as const;
const channels = ['email', 'sms', 'webhook'] as const;

export function MessagesPage() {
  const { t } = useTranslation();
  const [search, set] = useAddress();
  const tab = search.tab === 'upcoming' ? 'upcoming' : 'past';
  return (
    <Page title={t('messages.title')} lead={t('messages.lead')} wide>
      <Tabs
        value={tab}
        onChange={(v) => set({ tab: v === 'upcoming' ? 'upcoming' : undefined, open: undefined })}
        keepMounted={false}
      >
        <Tabs.List mb="md">
          <Tabs.Tab value="past">{t('messages.past')}</Tabs.Tab>
          <Tabs.Tab value="upcoming">{t('messages.upcoming')}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="past">
          <Past search={search} set={set} />
        </Tabs.Panel>
        <Tabs.Panel value="upcoming">
          <Upcoming search={search} set={set} />
        </Tabs.Panel>
      </Tabs>
      <Drawer
        opened={Boolean(search.open)}
        onClose={() => set({ open: undefined })}
        position="right"
        size="xl"
        title={t('messages.one')}
        closeButtonProps={{ 'aria-label': t('common.close') }}
      >
        {search.open && <MessageView id={search.open} />}
      </Drawer>
    </Page>
  );
}

export function WorkflowSelect({ search, set }: { search: Search; set: (p: Search) => void }) {
  const { t } = useTranslation();
  const workflows = useAll<Schemas['Workflow']>('/v1/workflows');
  return (
    <Select
      aria-label={t('messages.workflow')}
      placeholder={t('messages.workflow')}
      data={(workflows.data?.rows ?? []).map((w) => ({ value: w.id, label: w.name }))}
      value={search.workflow ?? null}
      onChange={(v) => set({ workflow: v ?? undefined })}
      clearable
      searchable
      clearButtonProps={{ 'aria-label': t('common.clear') }}
    />
  );
}

function Past({ search, set }: { search: Search; set: (p: Search) => void }) {
  const { t } = useTranslation();
  const list = usePages<Message>('/v1/messages', {
    state: search.state,
    channel: search.channel,
    workflow_id: search.workflow,
    customer_id: search.customer,
    booking_id: search.booking,
  });
  const select = (key: string, name: string, data: { value: string; label: string }[]) => (
    <Select
      aria-label={name}
      placeholder={name}
      data={data}
      value={search[key] ?? null}
      onChange={(v) => set({ [key]: v ?? undefined })}
      clearable
      clearButtonProps={{ 'aria-label': t('common.clear') }}
    />
  );
  return (
    <>
      <div className={panel.filters}>
        <CustomerPicker
          ariaLabel={t('messages.person')}
          placeholder={t('messages.person')}
          value={search.customer ?? null}
          onChange={(id) => set({ customer: id ?? undefined })}
        />
        {select(
          'state',
          t('messages.state'),
          states.map((s) => ({ value: s, label: t(`common.states.${s}`) })),
        )}
        {select(
          'channel',
          t('messages.channel'),
          channels.map((c) => ({ value: c, label: t(`common.channels.${c}`) })),
        )}
        <WorkflowSelect search={search} set={set} />
        {search.state === 'failed' && list.rows.length > 0 && <RetryAll search={search} />}
      </div>
      {list.error && <Trouble error={list.error} retry={list.refetch} />}
      {list.isPending && !list.error && (
        <Panel>
          <Waiting rows={10} />
        </Panel>
      )}
      {list.data && list.rows.length === 0 && (
        <Empty
          icon={<IconMailOff size={28} stroke={1.6} />}
          title={t('messages.none')}
          text={t('messages.noneText')}
        />
      )}
      {list.rows.length > 0 && (
        <Panel>
          <Rows rows={list.rows} open={(id) => set({ open: id })} />
          <More more={list.hasNextPage} busy={list.isFetchingNextPage} next={list.fetchNextPage} />
        </Panel>
      )}
    </>
  );
}

/** The first line of what went out. */
export const gist = (m: Message) => m.subject ?? m.text?.split('\n')[0] ?? m.request?.url ?? '';

export function Rows({ rows, open }: { rows: Message[]; open: (id: string) => void }) {
  const { t, i18n } = useTranslation();
  const { zone } = useBusiness();
  return (
    <Table.ScrollContainer minWidth={720} type="native">
      <Table verticalSpacing="sm" horizontalSpacing="lg" highlightOnHover borderColor="var(--line)">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('messages.what')}</Table.Th>
            <Table.Th>{t('messages.to')}</Table.Th>
            <Table.Th>{t('messages.when')}</Table.Th>
            <Table.Th>{t('messages.state')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((m) => (
            <Table.Tr key={m.id} className={panel.row}>
              <Table.Td maw={420}>
                <div style={{ display: 'flex', gap: 12, alignItems: 'center' }}>
                  <Tile
                    kind={m.channel ?? 'step'}
                    label={m.channel ? t(`common.channels.${m.channel}`) : undefined}
                  />
                  <div style={{ minWidth: 0 }}>
                    <button
                      type="button"
                      className={`${panel.link} plain`}
                      dir="auto"
                      onClick={() => open(m.id)}
                    >
                      {gist(m) || m.workflow || t('messages.noContent')}
                    </button>
                    <Text size="xs" c="dimmed" lineClamp={1}>
                      {m.workflow}
                    </Text>
                  </div>
                </div>
              </Table.Td>
              <Table.Td maw={240}>
                <span className={panel.clip} dir="auto">
                  {m.to ?? '–'}
                </span>
              </Table.Td>
              <Table.Td className="num" style={{ whiteSpace: 'nowrap' }}>
                {dayAndTime(m.sent_at ?? m.due_at, i18n.language, zone)}
              </Table.Td>
              <Table.Td maw={240}>
                <StateBadge state={m.state} />
                {m.reason_sentence && (
                  <Text size="xs" c="dimmed" mt={3} className={panel.clip}>
                    {m.reason_sentence}
                  </Text>
                )}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

/** All that failed, within the filters, once more: says how many before. */
function RetryAll({ search }: { search: Search }) {
  const { t } = useTranslation();
  const may = useMay()('messages:write');
  const act = useAct();
  const queries = useQueryClient();
  const [asked, setAsked] = useState(false);
  // A bulk act needs one filter at least: without one it is "all until now".
  const body = {
    ...(search.workflow && { workflow_id: search.workflow }),
    ...(search.booking && { booking_id: search.booking }),
    ...(search.channel && { channel: search.channel as 'email' }),
    to: new Date().toISOString(),
  };
  const failed = useAll<Message>(
    '/v1/messages',
    { state: 'failed', workflow_id: search.workflow, booking_id: search.booking, channel: search.channel },
    1000,
    asked,
  );
  if (!may || search.customer) return null;
  const yes = async () => {
    const answer = await act.run(
      (headers) => unwrap(api.POST('/v1/runs/retry', { body: body as never, headers })),
      { done: t('messages.retriedAll') },
    );
    await queries.invalidateQueries();
    if (answer) setAsked(false);
  };
  return (
    <>
      <Button
        style={{ flex: '0 0 auto' }}
        leftSection={<IconRefresh size={16} />}
        variant="default"
        onClick={() => setAsked(true)}
      >
        {t('messages.retryAll')}
      </Button>
      <Confirm
        opened={asked}
        title={t('messages.retryAll')}
        yes={t('messages.retryAll')}
        busy={act.busy}
        onYes={yes}
        onNo={() => setAsked(false)}
      >
        {failed.data ? t('messages.retryAllText', { count: failed.data.rows.length }) : t('common.loading')}
      </Confirm>
    </>
  );
}
