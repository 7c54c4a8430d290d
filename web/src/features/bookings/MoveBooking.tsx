import { Button, Group, List, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import { Confirm } from '@/components/Confirm';
import { inWords, useAct } from '@/lib/act';
import { useAll } from '@/lib/lists';
import { problemOf } from '@/lib/problem';
import { dayAndTime, instantOf } from '@/lib/time';
import { unwrap } from '@/lib/unwrap';
import { fullName, useBusiness, useResources, zoneOf } from '@/lib/use-business';
import type { Booking, Timer } from './parts';

export type Move = { booking: Booking; start: string; end: string; resource?: string };

type Patch = { start?: string; end?: string; resource?: { id: string } | null };
const patch = (b: Booking, body: Patch, revision: number) =>
  unwrap<Booking>(
    api.PATCH('/v1/bookings/{id}', {
      params: { path: { id: b.id } },
      body,
      headers: { 'If-Match': `"${revision}"` },
    }),
  );

/** A booking was dropped on another time: says what follows of it before anything is written, and can be undone. */
export function MoveBooking({ move, onClose }: { move: Move; onClose: () => void }) {
  const { t, i18n } = useTranslation();
  const { zone } = useBusiness();
  const resources = useResources();
  const act = useAct();
  const queries = useQueryClient();
  const { booking: b } = move;
  const z = zoneOf(b, zone);
  const timers = useAll<Timer>('/v1/timers', { booking_id: b.id }, 50);
  const start = instantOf(move.start, z);
  const person =
    move.resource && move.resource !== b.resource?.id
      ? resources.find((r) => r.id === move.resource)
      : undefined;
  const undo = async (moved: Booking, id: string) => {
    notifications.hide(id);
    try {
      await patch(
        moved,
        {
          start: b.start,
          end: b.end,
          ...(person && { resource: b.resource ? { id: b.resource.id } : null }),
        },
        moved.revision,
      );
      notifications.show({ message: t('bookings.movedBack') });
    } catch (error) {
      notifications.show({ message: inWords(t, problemOf(error)), color: 'red' });
    }
    queries.invalidateQueries();
  };
  const yes = async () => {
    const body = {
      start,
      end: instantOf(move.end, z),
      ...(person && { resource: { id: person.id } }),
    };
    const answer = await act.run(() => patch(b, body, b.revision), { of: body });
    await queries.invalidateQueries();
    if (!answer?.ok) return;
    onClose();
    const id = `moved-${b.id}-${answer.value.revision}`;
    notifications.show({
      id,
      autoClose: 12_000,
      message: (
        <Group justify="space-between" wrap="nowrap">
          <span>{t('bookings.moved', { when: dayAndTime(answer.value.start, i18n.language, z) })}</span>
          <Button size="compact-sm" variant="subtle" onClick={() => undo(answer.value, id)}>
            {t('common.undo')}
          </Button>
        </Group>
      ),
    });
  };
  const planned = timers.data?.rows ?? [];
  return (
    <Confirm
      opened
      title={t('bookings.moveTitle')}
      yes={t('bookings.move')}
      busy={act.busy}
      onYes={yes}
      onNo={onClose}
    >
      <Text size="sm" mb="xs">
        {t('bookings.moveWhat', {
          who: fullName(b.customer),
          from: dayAndTime(b.start, i18n.language, z),
          to: dayAndTime(start, i18n.language, z),
        })}
        {person && ` ${t('bookings.moveTo', { who: person.name })}`}
      </Text>
      <Text size="sm" c="dimmed">
        {t('bookings.moveNow')}
      </Text>
      {planned.length > 0 && (
        <>
          <Text size="sm" c="dimmed" mt="xs">
            {t('bookings.movePlanned', { count: planned.length })}
          </Text>
          <List size="sm" mt={4}>
            {planned.slice(0, 5).map((x) => (
              <List.Item key={x.id}>
                {x.workflow}: {dayAndTime(x.due_at, i18n.language, z)}
              </List.Item>
            ))}
          </List>
        </>
      )}
    </Confirm>
  );
}
