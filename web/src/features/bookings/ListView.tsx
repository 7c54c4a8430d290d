import { Table, Text } from '@mantine/core';
import { IconCalendarEvent } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Empty } from '@/app/Page';
import { StatusName } from '@/components/Bits';
import { More, Panel, Trouble, Waiting } from '@/components/Panel';
import panel from '@/components/panel.module.css';
import type { Search } from '@/lib/address';
import { usePages } from '@/lib/lists';
import { money } from '@/lib/money';
import { dayAndTime } from '@/lib/time';
import { fullName, named, useBusiness, useStatuses, zoneOf } from '@/lib/use-business';
import type { Booking } from './parts';
import { filtersOf } from './query';

export const spans = ['all', 'coming', 'past'] as const;

export function ListView({ search }: { search: Search }) {
  const { t } = useTranslation();
  // One "now" for the life of the list, so that its pages fit together.
  const [now] = useState(() => new Date().toISOString());
  const span = spans.find((s) => s === search.span) ?? 'all';
  const list = usePages<Booking>('/v1/bookings', {
    ...filtersOf(search),
    from: span === 'coming' ? now : undefined,
    to: span === 'past' ? now : undefined,
  });
  return (
    <>
      {list.error && <Trouble error={list.error} retry={list.refetch} />}
      {list.isPending && !list.error && (
        <Panel>
          <Waiting rows={10} />
        </Panel>
      )}
      {list.data && list.rows.length === 0 && (
        <Empty
          icon={<IconCalendarEvent size={28} stroke={1.6} />}
          title={t('bookings.none')}
          text={t('bookings.noneText')}
        />
      )}
      {list.rows.length > 0 && (
        <Panel>
          <Rows rows={list.rows} />
          <More more={list.hasNextPage} busy={list.isFetchingNextPage} next={list.fetchNextPage} />
        </Panel>
      )}
    </>
  );
}

export function Rows({ rows }: { rows: Booking[] }) {
  const { t, i18n } = useTranslation();
  const { zone } = useBusiness();
  const { label, colour } = useStatuses();
  return (
    <Table.ScrollContainer minWidth={760} type="native">
      <Table verticalSpacing="sm" horizontalSpacing="lg" highlightOnHover borderColor="var(--line)">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('bookings.customer')}</Table.Th>
            <Table.Th>{t('bookings.when')}</Table.Th>
            <Table.Th>{t('bookings.service')}</Table.Th>
            <Table.Th>{t('bookings.resource')}</Table.Th>
            <Table.Th>{t('bookings.status')}</Table.Th>
            <Table.Th ta="right">{t('bookings.due')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((b) => (
            <Table.Tr key={b.id} className={panel.row}>
              <Table.Td maw={260}>
                <Link to="/bookings/$id" params={{ id: b.id }} className={panel.link} dir="auto">
                  {fullName(b.customer) || t('bookings.erased')}
                </Link>
                <Text size="xs" c="dimmed">
                  {b.reference}
                </Text>
              </Table.Td>
              <Table.Td className="num" style={{ whiteSpace: 'nowrap' }}>
                {dayAndTime(b.start, i18n.language, zoneOf(b, zone))}
              </Table.Td>
              <Table.Td maw={220}>
                <span className={panel.clip}>{named(b.service, i18n.language)}</span>
                <Text size="xs" c="dimmed" lineClamp={1}>
                  {b.location?.name}
                </Text>
              </Table.Td>
              <Table.Td maw={180}>
                <span className={panel.clip}>{b.resource?.name ?? '–'}</span>
              </Table.Td>
              <Table.Td>
                <StatusName label={label(b.status)} colour={colour(b.status)} />
              </Table.Td>
              <Table.Td ta="right" className="num" style={{ whiteSpace: 'nowrap' }}>
                {b.due ? (b.due.amount > 0 ? money(b.due, i18n.language) : t('bookings.paidUp')) : '–'}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
