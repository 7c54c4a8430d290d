import { Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { addDays, dayOf, longDay, timeOf } from '@/lib/time';
import { fullName, named, useBusiness, useStatuses, zoneOf } from '@/lib/use-business';
import classes from './calendar.module.css';
import type { Booking } from './parts';

/** The days of a span one under the other, for screens where a grid has no room. */
export function Agenda({ from, to, bookings }: { from: string; to: string; bookings: Booking[] }) {
  const { t, i18n } = useTranslation();
  const { zone } = useBusiness();
  const { label, colour } = useStatuses();
  const days = new Map<string, Booking[]>();
  for (const b of [...bookings].sort((a, c) => a.start.localeCompare(c.start))) {
    const day = dayOf(b.start, zoneOf(b, zone));
    days.set(day, [...(days.get(day) ?? []), b]);
  }
  const shown: string[] = [];
  for (let d = from; d <= to; d = addDays(d, 1)) if (days.has(d)) shown.push(d);
  if (shown.length === 0)
    return (
      <Text size="sm" c="dimmed" py="xl" ta="center">
        {t('bookings.emptyDay')}
      </Text>
    );
  return shown.map((day) => (
    <section key={day}>
      <h3 className={classes.agendaDay}>{longDay(`${day}T12:00:00Z`, i18n.language, 'UTC')}</h3>
      {days.get(day)?.map((b) => (
        <Link
          key={b.id}
          to="/bookings/$id"
          params={{ id: b.id }}
          className={classes.agendaRow}
          data-kind={b.status_kind}
        >
          <span className={classes.bar} style={{ background: colour(b.status) }} aria-hidden />
          <span className="num">{timeOf(b.start, zoneOf(b, zone))}</span>
          <span>
            <strong dir="auto">{fullName(b.customer) || t('bookings.erased')}</strong>
            <small>
              {[named(b.service, i18n.language), b.resource?.name, label(b.status)]
                .filter(Boolean)
                .join(' · ')}
            </small>
          </span>
        </Link>
      ))}
    </section>
  ));
}
