import { Button, Group, SegmentedControl, Select, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconMail } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { type SyntheticEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import type { components } from '@/api/schema';
import { useAct } from '@/lib/act';
import { sentence } from '@/lib/problem';
import { useMay } from '@/lib/role';
import { dayAndTime } from '@/lib/time';
import { unwrap } from '@/lib/unwrap';
import { fullName, useBusiness } from '@/lib/use-business';
import type { Action } from './model';
import classes from './preview.module.css';

type Size = 'mobile' | 'desktop' | 'dark';
type Booking = components['schemas']['Booking'];
const shows = (a: Action | null): a is Action => a !== null && ['email', 'sms', 'webhook'].includes(a.type);

/** What would go out, made by the server from a real booking, a moment after the last key. */
export function Preview({ action, lang }: { action: Action | null; lang: string }) {
  const { t, i18n } = useTranslation();
  const { zone, business } = useBusiness();
  const [size, setSize] = useState<Size>('mobile');
  const [booking, setBooking] = useState<string | null>(null);
  const [asked] = useDebouncedValue(action, 400);
  const bookings = useQuery({
    queryKey: ['get', '/v1/bookings', 'preview'],
    queryFn: ({ signal }) =>
      unwrap(
        api.GET('/v1/bookings', { params: { query: { limit: 30 } }, signal } as never) as never,
      ) as Promise<{ data: Booking[] }>,
  });
  const body = { action: asked as Action, language: lang, ...(booking && { booking: { id: booking } }) };
  const { data, error } = useQuery({
    queryKey: ['preview', body],
    enabled: shows(asked),
    placeholderData: keepPreviousData,
    retry: false,
    queryFn: ({ signal }) =>
      unwrap(api.POST('/v1/preview', { body, signal } as never) as never) as Promise<
        components['schemas']['Preview']
      >,
  });
  if (!shows(action))
    return (
      <div className={classes.preview}>
        <div className={classes.empty}>
          <IconMail size={28} stroke={1.4} />
          <Text size="sm" c="dimmed">
            {t('builder.previewNone')}
          </Text>
        </div>
      </div>
    );
  const faults = (error as { errors?: { pointer: string; code: string; message: string }[] } | null)?.errors;
  return (
    <div className={classes.preview}>
      <div className={classes.head}>
        <h2 className={classes.title}>{t('builder.preview')}</h2>
        {action.type === 'email' && (
          <SegmentedControl
            size="xs"
            aria-label={t('builder.size')}
            value={size}
            onChange={(v) => setSize(v as Size)}
            data={(['mobile', 'desktop', 'dark'] as const).map((v) => ({
              value: v,
              label: t(`builder.sizes.${v}`),
            }))}
          />
        )}
      </div>
      <Select
        aria-label={t('builder.withBooking')}
        placeholder={t('builder.sampleBooking')}
        clearable
        searchable
        value={booking}
        onChange={setBooking}
        data={(bookings.data?.data ?? []).map((b) => ({
          value: b.id,
          label: `${b.reference} · ${fullName(b.customer)} · ${dayAndTime(b.start, i18n.language, zone)}`,
        }))}
      />
      {error ? (
        <Text size="sm" c="var(--tone-bad)" role="status">
          {faults?.[0] ? sentence(faults[0]) : t('builder.noPreview')}
        </Text>
      ) : (
        data && <Shown preview={data} kind={action.type} size={size} name={business?.name ?? ''} />
      )}
      {data?.warnings.map((w) => (
        <Text key={w.pointer + w.code} size="sm" c="dimmed">
          {sentence(w)}
        </Text>
      ))}
      <TestSend action={action} lang={lang} booking={booking} />
    </div>
  );
}

type ShownProps = { preview: components['schemas']['Preview']; kind: string; size: Size; name: string };
function Shown({ preview: p, kind, size, name }: ShownProps) {
  const { t } = useTranslation();
  const initial = name.slice(0, 1).toLocaleUpperCase();
  if (kind === 'email')
    return (
      <div className={classes.mail} data-size={size === 'desktop' ? 'desktop' : 'mobile'}>
        <div className={classes.mailHead}>
          <span className={classes.mailAvatar} aria-hidden>
            {initial}
          </span>
          <div className={classes.mailMeta}>
            <b>{name}</b>
            <span className={classes.dim}>
              {t('builder.toWhom')} {p.to ?? '–'}
            </span>
          </div>
        </div>
        <div className={classes.subject} dir="auto">
          {p.subject || '–'}
        </div>
        <iframe
          title={t('builder.preview')}
          sandbox="allow-same-origin"
          key={size}
          style={{ colorScheme: size === 'dark' ? 'dark' : 'light' }}
          className={classes.frame}
          onLoad={fit}
          srcDoc={p.html ?? p.text ?? ''}
        />
      </div>
    );
  if (kind === 'sms')
    return (
      <div className={classes.phone}>
        <div className={classes.phoneHead}>
          <span className={classes.mailAvatar} aria-hidden>
            {initial}
          </span>
          <b>{name}</b>
        </div>
        <div className={classes.bubble} dir="auto">
          {p.text ?? '…'}
        </div>
        <span className={classes.dim}>
          {t('builder.segments', { count: p.segments ?? 0 })} · {p.to ?? '–'}
        </span>
      </div>
    );
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a text that scrolls must be reached by keyboard
    <pre className={classes.request} tabIndex={0}>
      {p.request ? call(p.request) : '…'}
    </pre>
  );
}

/** The call as it goes over the wire; a body of JSON in lines that can be read. */
function call(request: Record<string, unknown>): string {
  const { method, url, headers, content_type, body } = request as {
    method: string;
    url: string;
    headers?: Record<string, string>;
    content_type?: string;
    body?: string;
  };
  let text = body ?? '';
  try {
    text = JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    // Not JSON: a form, or text as it is.
  }
  const lines = Object.entries({ ...(content_type && { 'Content-Type': content_type }), ...headers });
  return [`${method} ${url}`, ...lines.map(([name, value]) => `${name}: ${value}`), '', text].join('\n');
}

/** No script runs in the frame; `allow-same-origin` is only there so that its height can be read. */
function fit(e: SyntheticEvent<HTMLIFrameElement>) {
  const frame = e.currentTarget;
  const height = frame.contentDocument?.documentElement.getBoundingClientRect().height;
  if (height) frame.style.height = `${Math.ceil(height)}px`;
}

function TestSend({ action, lang, booking }: { action: Action; lang: string; booking: string | null }) {
  const { t } = useTranslation();
  const [to, setTo] = useState('');
  const act = useAct();
  if (!useMay()('workflows:write')) return null;
  const webhook = action.type === 'webhook';
  const body = {
    action,
    language: lang,
    ...(booking && { booking: { id: booking } }),
    ...(!webhook && { to }),
  };
  return (
    <Group gap="xs" align="end" wrap="nowrap">
      {!webhook && (
        <TextInput
          flex={1}
          size="xs"
          label={t(action.type === 'sms' ? 'builder.testPhone' : 'builder.testMail')}
          value={to}
          onChange={(e) => setTo(e.currentTarget.value)}
        />
      )}
      <Button
        size="xs"
        variant="default"
        loading={act.busy}
        disabled={!webhook && !to.trim()}
        onClick={() =>
          act.run((headers) => unwrap(api.POST('/v1/test-send', { body, headers } as never) as never), {
            of: body,
            done: t('builder.testSent'),
          })
        }
      >
        {t('builder.testSend')}
      </Button>
    </Group>
  );
}
