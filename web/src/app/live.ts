import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { chosenBusiness } from '@/api/session';

/** Which lists an event touches, by the beginning of their address. */
export function touched(type: string): string[] {
  const [of] = type.split('.');
  const around = ['/v1/messages', '/v1/timers', '/v1/runs', '/v1/stats'];
  if (of === 'customer') return ['/v1/customers', ...around];
  if (of === 'message') return around;
  return ['/v1/bookings', '/v1/payments', ...around];
}

/** The events in a piece of the stream, and the rest that is not whole yet. */
export function events(text: string): { found: { id: string; type: string }[]; rest: string } {
  const parts = text.replaceAll('\r\n', '\n').split('\n\n');
  const rest = parts.pop() ?? '';
  const field = (part: string, name: string) => new RegExp(`^${name}: ?(.*)$`, 'm').exec(part)?.[1];
  const found = parts.flatMap((p) => {
    const type = field(p, 'event');
    return type ? [{ id: field(p, 'id') ?? '', type }] : [];
  });
  return { found, rest };
}

const patience = 1000;
/** Reads the feed of events while the page is open, and has what they touch read anew, at most once a second. */
export function useLive(on: boolean) {
  const queries = useQueryClient();
  useEffect(() => {
    if (!on) return;
    const stop = new AbortController();
    const stale = new Set<string>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let last: string | undefined;
    const tell = () => {
      timer = undefined;
      const paths = [...stale];
      stale.clear();
      queries.invalidateQueries({
        predicate: (q) =>
          typeof q.queryKey[1] === 'string' && paths.some((p) => (q.queryKey[1] as string).startsWith(p)),
      });
    };
    const read = async () => {
      // A page that opens wants what comes from now on: the newest event is where it begins.
      last ??= await newest(stop.signal);
      const answer = await fetch('/v1/events', {
        signal: stop.signal,
        headers: { ...head(), Accept: 'text/event-stream', ...(last && { 'Last-Event-ID': last }) },
      });
      if (!answer.ok || !answer.body) return answer.status;
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = '';
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return 200;
        const got = events(rest + value);
        rest = got.rest;
        for (const e of got.found) {
          last = e.id || last;
          for (const p of touched(e.type)) stale.add(p);
        }
        if (stale.size) timer ??= setTimeout(tell, patience);
      }
    };
    const go = async () => {
      for (let wait = 2000; !stop.signal.aborted; wait = Math.min(wait * 2, 60_000)) {
        const status = await read().catch(() => 0);
        if (status === 401 || status === 403) return;
        if (status === 200) wait = 2000;
        await new Promise((then) => setTimeout(then, wait));
      }
    };
    go();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [on, queries]);
}

const head = () => ({ 'Flyt-Business': chosenBusiness() ?? '' });
async function newest(signal: AbortSignal): Promise<string | undefined> {
  const answer = await fetch('/v1/events?limit=1', { signal, headers: head() });
  return answer.ok ? ((await answer.json()) as { data: { id: string }[] }).data[0]?.id : undefined;
}
