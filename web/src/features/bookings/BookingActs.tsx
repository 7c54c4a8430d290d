import { Button, Group, Menu, Select, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconCash, IconDotsVertical, IconPencil, IconTrash } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import { StatusName } from '@/components/Bits';
import { Confirm } from '@/components/Confirm';
import { Panel } from '@/components/Panel';
import { useAct } from '@/lib/act';
import { useAll } from '@/lib/lists';
import { money } from '@/lib/money';
import { useMay } from '@/lib/role';
import { unwrap } from '@/lib/unwrap';
import { fullName, useStatuses } from '@/lib/use-business';
import { BookingForm } from './BookingForm';
import type { Booking, Timer } from './parts';

/** What one does with a booking: its status, its payment, its time, its end. */
export function BookingActs({ booking: b }: { booking: Booking; zone: string }) {
  const { t, i18n } = useTranslation();
  const may = useMay();
  const { statuses, label, colour } = useStatuses();
  const act = useAct();
  const queries = useQueryClient();
  const [editing, setEditing] = useState(false);
  const [asking, setAsking] = useState<'delete' | 'pay' | null>(null);
  const setStatus = async (status: string, of: Booking, undo = true) => {
    const answer = await act.run(
      () =>
        unwrap<Booking>(
          api.PATCH('/v1/bookings/{id}', {
            params: { path: { id: of.id } },
            body: { status },
            headers: { 'If-Match': `"${of.revision}"` },
          }),
        ),
      { of: { status, at: of.revision } },
    );
    await queries.invalidateQueries();
    if (!answer?.ok) return;
    const id = `status-${of.id}-${answer.value.revision}`;
    notifications.show({
      id,
      autoClose: 10_000,
      message: (
        <Group justify="space-between" wrap="nowrap">
          <span>{t('bookings.statusSet', { status: label(status) })}</span>
          {undo && (
            <Button
              size="compact-sm"
              variant="subtle"
              onClick={() => {
                notifications.hide(id);
                setStatus(of.status, answer.value, false);
              }}
            >
              {t('common.undo')}
            </Button>
          )}
        </Group>
      ),
    });
  };
  const canWrite = may('bookings:write');
  return (
    <Panel pad>
      <Stack gap="sm">
        <Group justify="space-between" align="flex-end" wrap="nowrap">
          {canWrite ? (
            <Select
              label={t('bookings.status')}
              data={statuses.map((s) => ({ value: s.key, label: label(s.key) }))}
              value={b.status}
              disabled={act.busy}
              onChange={(v) => v && v !== b.status && setStatus(v, b)}
              renderOption={({ option }) => <StatusName label={option.label} colour={colour(option.value)} />}
              style={{ flex: 1 }}
            />
          ) : (
            <StatusName label={label(b.status)} colour={colour(b.status)} />
          )}
          {canWrite && (
            <Menu>
              <Menu.Target>
                <Button variant="default" px={8} aria-label={t('common.moreActs')}>
                  <IconDotsVertical size={17} />
                </Button>
              </Menu.Target>
              <Menu.Dropdown>
                <Menu.Item
                  leftSection={<IconTrash size={16} />}
                  color="red.8"
                  onClick={() => setAsking('delete')}
                >
                  {t('bookings.delete')}
                </Menu.Item>
              </Menu.Dropdown>
            </Menu>
          )}
        </Group>
        <Group justify="space-between">
          <div>
            <Text size="xs" c="dimmed">
              {t('bookings.priceAndDue')}
            </Text>
            <Text fw={600} className="num">
              {money(b.price, i18n.language)}
              <Text span size="sm" fw={450} c="dimmed">
                {b.due
                  ? ` · ${b.due.amount > 0 ? t('bookings.remains', { amount: money(b.due, i18n.language) }) : t('bookings.paidUp')}`
                  : ''}
              </Text>
            </Text>
          </div>
          {canWrite && (
            <Group gap="xs">
              {may('payments:write') && b.due && b.due.amount > 0 && (
                <Button
                  variant="default"
                  leftSection={<IconCash size={16} />}
                  onClick={() => setAsking('pay')}
                >
                  {t('bookings.markPaid')}
                </Button>
              )}
              <Button
                variant="default"
                leftSection={<IconPencil size={16} />}
                onClick={() => setEditing(true)}
              >
                {t('bookings.edit')}
              </Button>
            </Group>
          )}
        </Group>
      </Stack>
      {editing && <BookingForm draft={{ booking: b }} onClose={() => setEditing(false)} />}
      {asking === 'pay' && <MarkPaid booking={b} onClose={() => setAsking(null)} />}
      {asking === 'delete' && <Delete booking={b} onClose={() => setAsking(null)} />}
    </Panel>
  );
}

function MarkPaid({ booking: b, onClose }: { booking: Booking; onClose: () => void }) {
  const { t, i18n } = useTranslation();
  const act = useAct();
  const queries = useQueryClient();
  const yes = async () => {
    const body = { booking: { id: b.id }, method: 'manual', status: 'completed' as const };
    const answer = await act.run(
      (headers) => unwrap(api.POST('/v1/payments', { body: body as never, headers })),
      {
        of: body,
        done: t('bookings.paid'),
      },
    );
    await queries.invalidateQueries();
    if (answer?.ok) onClose();
  };
  return (
    <Confirm
      opened
      title={t('bookings.markPaid')}
      yes={t('bookings.markPaid')}
      busy={act.busy}
      onYes={yes}
      onNo={onClose}
    >
      {t('bookings.payText', { amount: money(b.due, i18n.language), who: fullName(b.customer) })}
    </Confirm>
  );
}

function Delete({ booking: b, onClose }: { booking: Booking; onClose: () => void }) {
  const { t } = useTranslation();
  const act = useAct();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const timers = useAll<Timer>('/v1/timers', { booking_id: b.id }, 200);
  const yes = async () => {
    const answer = await act.run(
      () =>
        unwrap(
          api.DELETE('/v1/bookings/{id}', {
            params: { path: { id: b.id } },
            headers: { 'If-Match': `"${b.revision}"` },
          }),
        ),
      { done: t('bookings.deleted') },
    );
    if (!answer?.ok) return;
    await navigate({ to: '/bookings' });
    queries.invalidateQueries();
  };
  return (
    <Confirm
      opened
      title={t('bookings.deleteTitle')}
      yes={t('bookings.delete')}
      danger
      busy={act.busy}
      onYes={yes}
      onNo={onClose}
    >
      {t('bookings.deleteText', { who: fullName(b.customer), count: timers.data?.rows.length ?? 0 })}
    </Confirm>
  );
}
