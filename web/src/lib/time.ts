// Instants come as UTC; a person reads the wall clock of a place. All of it through Intl, so that no zone data is shipped.

const formats = new Map<string, Intl.DateTimeFormat>();
function format(lang: string, options: Intl.DateTimeFormatOptions) {
  const key = lang + JSON.stringify(options);
  let f = formats.get(key);
  if (!f) {
    f = new Intl.DateTimeFormat(lang === 'nb' ? 'nb-NO' : 'en-GB', options);
    formats.set(key, f);
  }
  return f;
}

/** `YYYY-MM-DD HH:mm:ss` on the wall of the zone: what the calendar draws. */
export function wall(instant: string, zone: string): string {
  const parts = Object.fromEntries(
    format('en', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    })
      .formatToParts(new Date(instant))
      .map((p) => [p.type, p.value]),
  );
  return `${parts.year}-${parts.month}-${parts.day} ${parts.hour}:${parts.minute}:${parts.second}`;
}

/** The instant at which the zone's wall first shows this; a wall time that does not exist moves forward by the gap. */
export function instantOf(local: string, zone: string): string {
  const wanted = Date.parse(`${local.replace(' ', 'T').slice(0, 19)}Z`);
  const shown = (at: number) => Date.parse(`${wall(new Date(at).toISOString(), zone).replace(' ', 'T')}Z`);
  // The offset a day before and a day after are the only two that can hold here; the earlier instant comes first.
  const offsets = [wanted - 86_400_000, wanted + 86_400_000].map((at) => shown(at) - at);
  const candidates = offsets.map((o) => wanted - o).sort((a, b) => a - b);
  const hit = candidates.find((at) => shown(at) === wanted) ?? wanted - (offsets[0] ?? 0);
  return new Date(hit).toISOString();
}

export const dayOf = (instant: string, zone: string) => wall(instant, zone).slice(0, 10);
export const timeOf = (instant: string, zone: string) => wall(instant, zone).slice(11, 16);

export const longDay = (instant: string, lang: string, zone: string) =>
  format(lang, { timeZone: zone, weekday: 'long', day: 'numeric', month: 'long' }).format(new Date(instant));
export const shortDay = (instant: string, lang: string, zone: string) =>
  format(lang, { timeZone: zone, day: 'numeric', month: 'short', year: 'numeric' }).format(new Date(instant));
export const dayAndTime = (instant: string, lang: string, zone: string) =>
  format(lang, {
    timeZone: zone,
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).format(new Date(instant));
export const exactly = (instant: string, lang: string, zone: string) =>
  format(lang, { timeZone: zone, dateStyle: 'medium', timeStyle: 'medium', hourCycle: 'h23' }).format(
    new Date(instant),
  );

export function addDays(day: string, n: number): string {
  const at = new Date(`${day}T12:00:00Z`);
  at.setUTCDate(at.getUTCDate() + n);
  return at.toISOString().slice(0, 10);
}
/** The Monday of the week a day is in. */
export const mondayOf = (day: string) => addDays(day, -((new Date(`${day}T12:00:00Z`).getUTCDay() + 6) % 7));

export const minutesBetween = (from: string, to: string) =>
  Math.round((Date.parse(to) - Date.parse(from)) / 60_000);
