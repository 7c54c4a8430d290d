import { Button, Table, Text, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconPlus, IconSearch, IconUsers } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { components } from '@/api/schema';
import { Empty, Page } from '@/app/Page';
import { More, Panel, Trouble, Waiting } from '@/components/Panel';
import panel from '@/components/panel.module.css';
import { useAddress } from '@/lib/address';
import { usePages } from '@/lib/lists';
import { useMay } from '@/lib/role';
import { shortDay } from '@/lib/time';
import { fullName, useBusiness } from '@/lib/use-business';
import { CustomerForm } from './CustomerForm';

type Customer = components['schemas']['Customer'];

export function CustomersPage() {
  const { t } = useTranslation();
  const [search, set] = useAddress();
  const write = useDebouncedCallback((q: string) => set({ q: q || undefined }), 300);
  const list = usePages<Customer>('/v1/customers', { q: search.q });
  const may = useMay()('customers:write');
  const [adding, setAdding] = useState(false);
  return (
    <Page
      title={t('customers.title')}
      lead={t('customers.lead')}
      action={
        may && (
          <Button leftSection={<IconPlus size={16} />} onClick={() => setAdding(true)}>
            {t('customers.new')}
          </Button>
        )
      }
    >
      <TextInput
        mb="md"
        maw={380}
        aria-label={t('customers.search')}
        placeholder={t('customers.search')}
        leftSection={<IconSearch size={16} />}
        defaultValue={search.q ?? ''}
        onChange={(e) => write(e.currentTarget.value)}
        maxLength={200}
      />
      {list.error && <Trouble error={list.error} retry={list.refetch} />}
      {list.isPending && !list.error && (
        <Panel>
          <Waiting rows={10} />
        </Panel>
      )}
      {list.data && list.rows.length === 0 && (
        <Empty
          icon={<IconUsers size={28} stroke={1.6} />}
          title={t('customers.none')}
          text={t('customers.noneText')}
        />
      )}
      {list.rows.length > 0 && (
        <Panel>
          <Rows rows={list.rows} />
          <More more={list.hasNextPage} busy={list.isFetchingNextPage} next={list.fetchNextPage} />
        </Panel>
      )}
      {adding && <CustomerForm onClose={() => setAdding(false)} />}
    </Page>
  );
}

function Rows({ rows }: { rows: Customer[] }) {
  const { t, i18n } = useTranslation();
  const { zone } = useBusiness();
  return (
    <Table.ScrollContainer minWidth={640} type="native">
      <Table verticalSpacing="sm" horizontalSpacing="lg" highlightOnHover borderColor="var(--line)">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('customers.name')}</Table.Th>
            <Table.Th>{t('customers.email')}</Table.Th>
            <Table.Th>{t('customers.phone')}</Table.Th>
            <Table.Th>{t('customers.tags')}</Table.Th>
            <Table.Th>{t('customers.since')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((c) => (
            <Table.Tr key={c.id} className={panel.row}>
              <Table.Td maw={300}>
                <Link to="/customers/$id" params={{ id: c.id }} className={panel.link} dir="auto">
                  {fullName(c) || c.id}
                </Link>
              </Table.Td>
              <Table.Td maw={260}>
                <span className={panel.clip}>{c.email ?? '–'}</span>
              </Table.Td>
              <Table.Td className="num" style={{ whiteSpace: 'nowrap' }}>
                {c.phone ?? '–'}
              </Table.Td>
              <Table.Td maw={200}>
                <Text size="sm" c="dimmed" lineClamp={1} dir="auto">
                  {c.tags.join(', ') || '–'}
                </Text>
              </Table.Td>
              <Table.Td className="num" style={{ whiteSpace: 'nowrap' }}>
                {shortDay(c.created_at, i18n.language, zone)}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
