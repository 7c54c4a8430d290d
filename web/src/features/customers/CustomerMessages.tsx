import { Drawer, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { components } from '@/api/schema';
import { More, Panel, Trouble, Waiting } from '@/components/Panel';
import { Rows } from '@/features/messages/MessagesPage';
import { MessageView } from '@/features/messages/MessageView';
import { useAddress } from '@/lib/address';
import { usePages } from '@/lib/lists';

type Message = components['schemas']['Message'];

/** All that was sent, or tried, to one person. */
export function CustomerMessages({ id }: { id: string }) {
  const { t } = useTranslation();
  const [search, set] = useAddress();
  const list = usePages<Message>('/v1/messages', { customer_id: id });
  if (list.error) return <Trouble error={list.error} retry={list.refetch} />;
  return (
    <Panel pad={list.rows.length === 0}>
      {list.isPending && <Waiting />}
      {list.data && list.rows.length === 0 && <Text c="dimmed">{t('messages.none')}</Text>}
      {list.rows.length > 0 && <Rows rows={list.rows} open={(open) => set({ open })} />}
      <More more={list.hasNextPage} busy={list.isFetchingNextPage} next={list.fetchNextPage} />
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
    </Panel>
  );
}
