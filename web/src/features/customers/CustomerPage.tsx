import { Anchor, Badge, Button, Grid, Group, Menu, Stack, Tabs, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconDotsVertical, IconDownload, IconPencil, IconPlus, IconUserX } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { $api, api } from '@/api/client';
import type { components } from '@/api/schema';
import { Page } from '@/app/Page';
import { Pairs } from '@/components/Bits';
import { Confirm } from '@/components/Confirm';
import { More, Panel, Trouble, Waiting } from '@/components/Panel';
import { BookingForm } from '@/features/bookings/BookingForm';
import { inShort } from '@/features/bookings/Explain';
import { Rows as BookingRows } from '@/features/bookings/ListView';
import type { Booking } from '@/features/bookings/parts';
import { useAct } from '@/lib/act';
import { useAddress } from '@/lib/address';
import { usePages } from '@/lib/lists';
import { useMay } from '@/lib/role';
import { shortDay } from '@/lib/time';
import { unwrap } from '@/lib/unwrap';
import { fullName, useBusiness } from '@/lib/use-business';
import { CustomerForm } from './CustomerForm';
import { CustomerMessages } from './CustomerMessages';

type Customer = components['schemas']['Customer'];

export function CustomerPage() {
  const { t } = useTranslation();
  const { id } = useParams({ strict: false }) as { id: string };
  const {
    data: c,
    error,
    isPending,
    refetch,
  } = $api.useQuery('get', '/v1/customers/{id}', { params: { path: { id } } });
  const [search, set] = useAddress();
  if (error || isPending || !c)
    return (
      <Page title={t('customers.one')}>
        {error ? <Trouble error={error} retry={refetch} /> : <Waiting rows={8} />}
      </Page>
    );
  return (
    <Page
      wide
      title={fullName(c) || c.id}
      lead={[c.email, c.phone].filter(Boolean).join(' · ')}
      action={<Acts customer={c} />}
    >
      <Anchor
        renderRoot={(p) => <Link {...p} to="/customers" />}
        size="sm"
        mt={-14}
        mb="md"
        display="inline-block"
      >
        ← {t('customers.title')}
      </Anchor>
      <Grid gap="lg">
        <Grid.Col span={{ base: 12, md: 4 }}>
          <Stack gap="lg">
            <Facts customer={c} />
            <Consents customer={c} />
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 8 }}>
          <Tabs
            value={search.tab === 'messages' ? 'messages' : 'bookings'}
            onChange={(v) => set({ tab: v === 'messages' ? v : undefined })}
            keepMounted={false}
          >
            <Tabs.List mb="md">
              <Tabs.Tab value="bookings">{t('customers.bookings')}</Tabs.Tab>
              <Tabs.Tab value="messages">{t('customers.messages')}</Tabs.Tab>
            </Tabs.List>
            <Tabs.Panel value="bookings">
              <Bookings id={c.id} />
            </Tabs.Panel>
            <Tabs.Panel value="messages">
              <CustomerMessages id={c.id} />
            </Tabs.Panel>
          </Tabs>
        </Grid.Col>
      </Grid>
    </Page>
  );
}

function Bookings({ id }: { id: string }) {
  const { t } = useTranslation();
  const list = usePages<Booking>('/v1/bookings', { customer_id: id });
  if (list.error) return <Trouble error={list.error} retry={list.refetch} />;
  return (
    <Panel pad={list.rows.length === 0}>
      {list.isPending && <Waiting />}
      {list.data && list.rows.length === 0 && <Text c="dimmed">{t('customers.noBookings')}</Text>}
      {list.rows.length > 0 && <BookingRows rows={list.rows} />}
      <More more={list.hasNextPage} busy={list.isFetchingNextPage} next={list.fetchNextPage} />
    </Panel>
  );
}

function Facts({ customer: c }: { customer: Customer }) {
  const { t, i18n } = useTranslation();
  const { zone } = useBusiness();
  const names = new Intl.DisplayNames(i18n.language, { type: 'language' });
  return (
    <Panel pad>
      <Pairs
        of={[
          [t('customers.name'), fullName(c) || '–'],
          [t('customers.email'), c.email ?? '–'],
          [t('customers.phone'), c.phone ?? '–'],
          [t('customers.language'), c.language ? (names.of(c.language) ?? c.language) : '–'],
          ...(c.time_zone ? [[t('customers.zone'), c.time_zone] as [string, string]] : []),
          [t('customers.tags'), c.tags.length ? c.tags.join(', ') : '–'],
          ...Object.entries(c.fields).map(([k, v]) => [k, inShort(v, t)] as [string, string]),
          [t('customers.since'), shortDay(c.created_at, i18n.language, zone)],
          ...(c.external_id ? [[t('common.externalId'), c.external_id] as [string, string]] : []),
        ]}
      />
    </Panel>
  );
}

/** What they said yes and no to. */
function Consents({ customer: c }: { customer: Customer }) {
  const { t, i18n } = useTranslation();
  const { zone } = useBusiness();
  const what = (x: { channel: string; purpose: string | null }) =>
    `${t(`common.channels.${x.channel as 'sms'}`)}${x.purpose ? ` · ${t(`customers.purposes.${x.purpose as 'service'}`)}` : ''}`;
  return (
    <Panel pad>
      <Text fw={600} size="sm" mb="xs">
        {t('customers.consents')}
      </Text>
      {c.consents.length + c.opt_outs.length === 0 && (
        <Text size="sm" c="dimmed">
          {t('customers.noConsents')}
        </Text>
      )}
      <Stack gap={8}>
        {c.consents.map((x) => (
          <Group key={`y${x.channel}${x.purpose}`} justify="space-between" wrap="nowrap">
            <Text size="sm">
              {what(x)}
              <Text span size="xs" c="dimmed">
                {' '}
                {shortDay(x.given_at, i18n.language, zone)} {x.source ?? ''}
              </Text>
            </Text>
            <Badge className="tone" data-tone="ok">
              {t('customers.saidYes')}
            </Badge>
          </Group>
        ))}
        {c.opt_outs.map((x) => (
          <Group key={`n${x.channel}${x.purpose}`} justify="space-between" wrap="nowrap">
            <Text size="sm">
              {what(x)}
              <Text span size="xs" c="dimmed">
                {' '}
                {shortDay(x.at, i18n.language, zone)}
              </Text>
            </Text>
            <Badge className="tone" data-tone="bad">
              {t('customers.saidNo')}
            </Badge>
          </Group>
        ))}
      </Stack>
    </Panel>
  );
}

function Acts({ customer: c }: { customer: Customer }) {
  const { t } = useTranslation();
  const may = useMay();
  const [open, setOpen] = useState<'edit' | 'erase' | 'booking' | null>(null);
  const close = () => setOpen(null);
  const act = useAct();
  const save = async () => {
    const answer = await act.run(() =>
      unwrap(api.GET('/v1/customers/{id}/export', { params: { path: { id: c.id } } })),
    );
    if (!answer?.ok) return;
    const url = URL.createObjectURL(
      new Blob([JSON.stringify(answer.value, null, 2)], { type: 'application/json' }),
    );
    const a = Object.assign(document.createElement('a'), { href: url, download: `${c.id}.json` });
    a.click();
    URL.revokeObjectURL(url);
    notifications.show({ message: t('customers.exported') });
  };
  return (
    <Group gap="xs">
      {may('bookings:write') && (
        <Button leftSection={<IconPlus size={16} />} onClick={() => setOpen('booking')}>
          {t('bookings.new')}
        </Button>
      )}
      {may('customers:write') && (
        <Button variant="default" leftSection={<IconPencil size={16} />} onClick={() => setOpen('edit')}>
          {t('customers.edit')}
        </Button>
      )}
      <Menu>
        <Menu.Target>
          <Button variant="default" px={8} aria-label={t('common.moreActs')} loading={act.busy}>
            <IconDotsVertical size={17} />
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconDownload size={16} />} onClick={save}>
            {t('customers.export')}
          </Menu.Item>
          {may('erase') && (
            <Menu.Item color="red.8" leftSection={<IconUserX size={16} />} onClick={() => setOpen('erase')}>
              {t('customers.erase')}
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      {open === 'booking' && <BookingForm draft={{ customer: c.id }} onClose={close} />}
      {open === 'edit' && <CustomerForm customer={c} onClose={close} />}
      {open === 'erase' && <Erase customer={c} onClose={close} />}
    </Group>
  );
}

/** Cannot be taken back, so the consequence is counted from what is stored before it is asked. */
function Erase({ customer: c, onClose }: { customer: Customer; onClose: () => void }) {
  const { t } = useTranslation();
  const { data } = $api.useQuery('get', '/v1/customers/{id}/export', { params: { path: { id: c.id } } });
  const act = useAct();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const yes = async () => {
    const answer = await act.run(
      (headers) => unwrap(api.POST('/v1/customers/{id}/erase', { params: { path: { id: c.id } }, headers })),
      { done: t('customers.erased') },
    );
    if (!answer?.ok) return;
    await navigate({ to: '/customers' });
    queries.invalidateQueries();
  };
  const messages = data ? data.messages.length + data.bookings.reduce((n, b) => n + b.messages.length, 0) : 0;
  const ahead = data?.bookings.reduce((n, b) => n + b.timeline.filter((x) => x.future).length, 0) ?? 0;
  return (
    <Confirm
      opened
      title={t('customers.eraseTitle', { who: fullName(c) })}
      yes={t('customers.erase')}
      danger
      busy={act.busy || !data}
      onYes={yes}
      onNo={onClose}
    >
      {data
        ? t('customers.eraseText', { bookings: data.bookings.length, messages, ahead })
        : t('common.loading')}
    </Confirm>
  );
}
