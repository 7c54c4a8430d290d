import { DatesProvider } from '@mantine/dates';
import {
  DayView,
  MonthView,
  ResourcesDayView,
  type ScheduleEventData,
  type ScheduleLabelsOverride,
  WeekView,
} from '@mantine/schedule';
import '@mantine/dates/styles.css';
import '@mantine/schedule/styles.css';
import 'dayjs/locale/nb';
import { ActionIcon, Alert, Button, Group, Text } from '@mantine/core';
import { IconChevronLeft, IconChevronRight } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Trouble } from '@/components/Panel';
import type { Search } from '@/lib/address';
import { useAll } from '@/lib/lists';
import { useMay } from '@/lib/role';
import { addDays, dayOf, instantOf, longDay, mondayOf, wall } from '@/lib/time';
import { fullName, named, useBusiness, useResources, useStatuses, zoneOf } from '@/lib/use-business';
import { Agenda } from './Agenda';
import type { Draft } from './BookingForm';
import type { View } from './BookingsPage';
import classes from './calendar.module.css';
import { type Move, MoveBooking } from './MoveBooking';
import type { Booking } from './parts';
import { filtersOf } from './query';

type Props = {
  view: Exclude<View, 'list'>;
  search: Search;
  set: (patch: Search) => void;
  phone: boolean;
  onNew: (draft: Draft) => void;
};

/** First and last day shown, both included. A month is shown with the whole weeks it touches. */
export function spanOf(view: Props['view'], day: string): [string, string] {
  if (view === 'week') return [mondayOf(day), addDays(mondayOf(day), 6)];
  if (view !== 'month') return [day, day];
  const first = `${day.slice(0, 7)}-01`;
  const last = addDays(`${addDays(first, 31).slice(0, 7)}-01`, -1);
  return [mondayOf(first), addDays(mondayOf(last), 6)];
}

/** The same day one step on: a day, a week or a month. */
export function step(view: Props['view'], day: string, by: 1 | -1): string {
  if (view === 'week') return addDays(day, 7 * by);
  if (view !== 'month') return addDays(day, by);
  const first = `${day.slice(0, 7)}-01`;
  return by === 1 ? `${addDays(first, 31).slice(0, 7)}-01` : `${addDays(first, -1).slice(0, 7)}-01`;
}

export function CalendarView({ view, search, set, phone, onNew }: Props) {
  const { t, i18n } = useTranslation();
  const { zone } = useBusiness();
  const today = dayOf(new Date().toISOString(), zone);
  const day = /^\d{4}-\d\d-\d\d$/.test(search.date ?? '') ? (search.date as string) : today;
  const [from, to] = spanOf(view, day);
  const { data, error, refetch } = useAll<Booking>('/v1/bookings', {
    ...filtersOf(search),
    from: instantOf(`${from} 00:00:00`, zone),
    to: instantOf(`${addDays(to, 1)} 00:00:00`, zone),
  });
  const go = (date: string) => set({ date: date === today ? undefined : date });
  return (
    <DatesProvider settings={{ locale: i18n.language, firstDayOfWeek: 1 }}>
      {error && <Trouble error={error} retry={refetch} />}
      {data?.cut && (
        <Alert mb="sm" color="yellow" variant="light">
          {t('bookings.cut', { count: data.rows.length })}
        </Alert>
      )}
      <div className={classes.panel}>
        <Head view={view} from={from} to={to} day={day} go={go} today={today} />
        <Grid
          {...{ view, day, from, to, phone, onNew }}
          bookings={data?.rows ?? []}
          goDay={(date) => set({ view: 'day', date })}
        />
      </div>
    </DatesProvider>
  );
}

type HeadProps = {
  view: Props['view'];
  from: string;
  to: string;
  day: string;
  today: string;
  go: (d: string) => void;
};

function Head({ view, from, to, day, today, go }: HeadProps) {
  const { t, i18n } = useTranslation();
  const at = (d: string) => `${d}T12:00:00Z`;
  const lang = i18n.language === 'nb' ? 'nb-NO' : 'en-GB';
  const title = () => {
    if (view === 'month')
      return new Intl.DateTimeFormat(lang, { month: 'long', year: 'numeric', timeZone: 'UTC' }).format(
        new Date(at(day)),
      );
    if (view !== 'week') return longDay(at(day), i18n.language, 'UTC');
    return new Intl.DateTimeFormat(lang, {
      day: 'numeric',
      month: 'long',
      year: 'numeric',
      timeZone: 'UTC',
    }).formatRange(new Date(at(from)), new Date(at(to)));
  };
  return (
    <Group justify="space-between" mb="sm" wrap="nowrap">
      <Text component="h2" fw={620} fz={16} className={classes.title} aria-live="polite">
        {title()}
      </Text>
      <Group gap={4} wrap="nowrap">
        <ActionIcon aria-label={t('bookings.prev')} onClick={() => go(step(view, day, -1))}>
          <IconChevronLeft size={18} />
        </ActionIcon>
        <Button variant="default" size="xs" onClick={() => go(today)}>
          {t('bookings.today')}
        </Button>
        <ActionIcon aria-label={t('bookings.next')} onClick={() => go(step(view, day, 1))}>
          <IconChevronRight size={18} />
        </ActionIcon>
      </Group>
    </Group>
  );
}

type GridProps = {
  view: Props['view'];
  day: string;
  from: string;
  to: string;
  phone: boolean;
  bookings: Booking[];
  onNew: (d: Draft) => void;
  goDay: (day: string) => void;
};

/** Earliest and latest hour drawn: the working day, stretched to what is booked. */
export function hoursOf(events: { start: string; end: string }[]): { startTime: string; endTime: string } {
  let [first, last] = [8, 20];
  for (const e of events) {
    first = Math.min(first, Number(e.start.slice(11, 13)));
    const end =
      e.end.slice(0, 10) > e.start.slice(0, 10)
        ? 24
        : Number(e.end.slice(11, 13)) + (e.end.slice(14, 16) > '00' ? 1 : 0);
    last = Math.max(last, end);
  }
  const two = (n: number) => String(n).padStart(2, '0');
  return { startTime: `${two(first)}:00:00`, endTime: last >= 24 ? '23:59:59' : `${two(last)}:00:00` };
}

function Grid({ view, day, from, to, phone, bookings, onNew, goDay }: GridProps) {
  const { t, i18n } = useTranslation();
  const { zone } = useBusiness();
  const navigate = useNavigate();
  const may = useMay()('bookings:write');
  const resources = useResources();
  const [move, setMove] = useState<Move | null>(null);
  const by = useMemo(() => new Map(bookings.map((b) => [b.id, b])), [bookings]);
  const events = useMemo(
    () => bookings.map((b) => eventOf(b, zone, i18n.language)),
    [bookings, zone, i18n.language],
  );
  const hours = useMemo(() => hoursOf(events as { start: string; end: string }[]), [events]);
  const labels: ScheduleLabelsOverride = {
    noEvents: t('bookings.emptyDay'),
    more: t('bookings.more'),
    moreLabel: (n) => `+${n}`,
    resource: t('bookings.resource'),
    resources: t('bookings.resources'),
    timeSlot: t('bookings.slot'),
    weekday: t('bookings.weekday'),
    week: t('bookings.views.week'),
    day: t('bookings.views.day'),
    month: t('bookings.views.month'),
  };
  const common = {
    events,
    locale: i18n.language,
    labels,
    withHeader: false,
    renderEventBody: (e: ScheduleEventData) => <Body event={e} />,
    onEventClick: (e: ScheduleEventData) => navigate({ to: '/bookings/$id', params: { id: String(e.id) } }),
  };
  const drop = (d: {
    eventId: string | number;
    newStart: string;
    newEnd: string;
    resourceId?: string | number;
  }) => {
    const booking = by.get(String(d.eventId));
    if (booking)
      setMove({
        booking,
        start: d.newStart,
        end: d.newEnd,
        resource: d.resourceId === 'none' ? undefined : d.resourceId?.toString(),
      });
  };
  const drag = { withEventsDragAndDrop: may, onEventDrop: drop };
  const slot = (d: { slotStart: string; resourceId?: string | number }) =>
    may &&
    onNew({ start: d.slotStart, resource: d.resourceId === 'none' ? undefined : d.resourceId?.toString() });
  const timed = {
    ...hours,
    ...drag,
    withEventResize: may,
    onEventResize: drop,
    eventDragInterval: 15,
    eventResizeInterval: 15,
    slotHeight: 62,
    intervalMinutes: 30,
    slotLabelFormat: 'HH:mm',
    getCurrentTime: () => wall(new Date().toISOString(), zone),
    onTimeSlotClick: slot,
  };
  const people = [
    ...resources.map((r) => ({ id: r.id, label: r.name })),
    { id: 'none', label: t('bookings.noResource') },
  ];
  return (
    <>
      {phone ? (
        <Agenda from={from} to={to} bookings={bookings} />
      ) : view === 'month' ? (
        <MonthView {...common} {...drag} date={day} onDayClick={goDay} withWeekNumbers firstDayOfWeek={1} />
      ) : view === 'week' ? (
        <WeekView
          {...common}
          {...timed}
          date={day}
          withAllDaySlots={false}
          highlightToday
          weekLabelFormat="D. MMM"
          firstDayOfWeek={1}
        />
      ) : view === 'people' ? (
        <ResourcesDayView
          {...common}
          {...hours}
          {...drag}
          date={day}
          resources={people}
          intervalMinutes={30}
          slotLabelFormat="HH:mm"
          slotWidth={56}
          rowHeight={58}
          renderResourceLabel={(r) => <span className={classes.resource}>{r.label}</span>}
          eventDragInterval={15}
          onTimeSlotClick={slot}
        />
      ) : (
        <DayView {...common} {...timed} date={day} withAllDaySlot={false} />
      )}
      {move && <MoveBooking move={move} onClose={() => setMove(null)} />}
    </>
  );
}

function eventOf(b: Booking, zone: string, lang: string): ScheduleEventData {
  const z = zoneOf(b, zone);
  return {
    id: b.id,
    title: fullName(b.customer) || b.reference,
    start: wall(b.start, z),
    end: wall(b.end, z),
    color: 'brand',
    resourceId: b.resource?.id ?? 'none',
    payload: {
      service: named(b.service, lang),
      kind: b.status_kind,
      status: b.status,
      who: b.resource?.name,
    },
  };
}

function Body({ event }: { event: ScheduleEventData }) {
  const { label, colour } = useStatuses();
  const { service, kind, status, who } = event.payload as Record<string, string>;
  const at = String(event.start).slice(11, 16);
  return (
    <span className={classes.event} data-kind={kind} style={{ borderInlineStartColor: colour(status ?? '') }}>
      <b dir="auto">{event.title}</b>
      <span>
        {at} · {service}
        {who ? ` · ${who}` : ''}
      </span>
      <span className="visually-hidden">{label(status ?? '')}</span>
    </span>
  );
}
