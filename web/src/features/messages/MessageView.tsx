import { Button, Code, Group, SegmentedControl, Stack, Table, Text } from '@mantine/core';
import { IconRefresh } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { $api, api } from '@/api/client';
import type { components } from '@/api/schema';
import { Pairs, StateBadge } from '@/components/Bits';
import { Trouble, Waiting } from '@/components/Panel';
import { useAct } from '@/lib/act';
import { useMay } from '@/lib/role';
import { exactly } from '@/lib/time';
import { unwrap } from '@/lib/unwrap';
import { useBusiness } from '@/lib/use-business';
import classes from './messages.module.css';

type Schemas = components['schemas'];
type Message = Schemas['Message'];

/** A message as it went out, what was tried, and what the other side answered. */
export function MessageView({ id }: { id: string }) {
  const { data, error, isPending, refetch } = $api.useQuery('get', '/v1/messages/{id}', {
    params: { path: { id } },
  });
  if (error) return <Trouble error={error} retry={refetch} />;
  if (isPending || !data) return <Waiting />;
  return (
    <Stack gap="md">
      <Facts message={data} />
      <Acts message={data} />
      <Content message={data} />
      <Attempts message={data} />
    </Stack>
  );
}

function Facts({ message: m }: { message: Message }) {
  const { t, i18n } = useTranslation();
  const { zone } = useBusiness();
  return (
    <Pairs
      of={[
        [t('messages.state'), <StateBadge key="s" state={m.state} />],
        ...(m.reason_sentence ? [[t('messages.why'), m.reason_sentence] as [string, string]] : []),
        [t('messages.to'), m.to ?? '–'],
        ...(m.cc?.length ? [[t('messages.cc'), m.cc.join(', ')] as [string, string]] : []),
        ...(m.bcc?.length ? [[t('messages.bcc'), m.bcc.join(', ')] as [string, string]] : []),
        [
          t(m.sent_at ? 'messages.sentAt' : 'messages.dueAt'),
          exactly(m.sent_at ?? m.due_at, i18n.language, zone),
        ],
        [t('messages.workflow'), m.workflow ?? t('messages.noWorkflow')],
        ...(m.segments ? [[t('messages.segments'), String(m.segments)] as [string, string]] : []),
        ...(m.provider_id ? [[t('messages.provider'), m.provider_id] as [string, string]] : []),
      ]}
    />
  );
}

const waiting = ['planned', 'queued'];

function Acts({ message: m }: { message: Message }) {
  const { t } = useTranslation();
  const may = useMay()('messages:write');
  const act = useAct();
  const queries = useQueryClient();
  if (!may) return null;
  const path = { id: m.step_id };
  const go = async (call: (headers: { 'Idempotency-Key': string }) => Promise<unknown>, done: string) => {
    await act.run(call, { done });
    await queries.invalidateQueries();
  };
  return (
    <Group gap="xs">
      {m.state === 'failed' && (
        <Button
          leftSection={<IconRefresh size={16} />}
          loading={act.busy}
          onClick={() =>
            go(
              (headers) => unwrap(api.POST('/v1/steps/{id}/retry', { params: { path }, headers })),
              t('messages.retried'),
            )
          }
        >
          {t('messages.retry')}
        </Button>
      )}
      {waiting.includes(m.state) && (
        <>
          <Button
            variant="default"
            loading={act.busy}
            onClick={() =>
              go(
                (headers) => unwrap(api.POST('/v1/steps/{id}/send-now', { params: { path }, headers })),
                t('messages.sentNow'),
              )
            }
          >
            {t('messages.sendNow')}
          </Button>
          <Button
            variant="default"
            loading={act.busy}
            onClick={() =>
              go(
                (headers) => unwrap(api.POST('/v1/steps/{id}/skip', { params: { path }, headers })),
                t('messages.skipped'),
              )
            }
          >
            {t('messages.skip')}
          </Button>
        </>
      )}
    </Group>
  );
}

function Content({ message: m }: { message: Message }) {
  const { t } = useTranslation();
  const [view, setView] = useState('html');
  if (m.channel === 'webhook') return <Request request={m.request} />;
  if (!m.html && !m.text) return <Text c="dimmed">{t('messages.noContent')}</Text>;
  if (m.channel === 'sms')
    return (
      <div className={classes.bubble} dir="auto">
        {m.text}
      </div>
    );
  return (
    <div>
      <Group justify="space-between" mb="xs" wrap="nowrap">
        <Text fw={600} dir="auto" style={{ overflowWrap: 'anywhere' }}>
          {m.subject}
        </Text>
        {m.html && m.text && (
          <SegmentedControl
            value={view}
            onChange={setView}
            aria-label={t('messages.form')}
            data={[
              { value: 'html', label: t('messages.asSent') },
              { value: 'text', label: t('messages.asText') },
            ]}
          />
        )}
      </Group>
      {m.html && view === 'html' ? <Frame html={m.html} /> : <pre className={classes.plain}>{m.text}</pre>}
    </div>
  );
}

/** The mail in a frame of its own: no script runs there, links open elsewhere, and the page's style does not leak in. */
function Frame({ html }: { html: string }) {
  const { t } = useTranslation();
  const [height, setHeight] = useState(240);
  const whole = /<html/i.test(html)
    ? html
    : `<!doctype html><meta name="color-scheme" content="light"><base target="_blank"><style>body{font:15px/1.5 system-ui,sans-serif;color:#161a21;background:#fff;margin:16px;overflow-wrap:anywhere}</style>${html}`;
  return (
    <iframe
      className={classes.frame}
      title={t('messages.asSent')}
      sandbox="allow-same-origin allow-popups"
      srcDoc={whole}
      style={{ height }}
      onLoad={(e) => {
        const body = e.currentTarget.contentDocument?.documentElement;
        if (body) setHeight(Math.min(1200, Math.max(120, body.scrollHeight)));
      }}
    />
  );
}

function Request({ request }: { request: Message['request'] }) {
  const { t } = useTranslation();
  if (!request) return <Text c="dimmed">{t('messages.noContent')}</Text>;
  const r = request as { method?: string; url?: string; body?: string; headers?: Record<string, string> };
  let body = r.body ?? '';
  try {
    body = JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    // not JSON: shown as it is
  }
  return (
    <Stack gap="xs">
      <Code block className={classes.wrap}>
        {r.method} {r.url}
      </Code>
      {body && (
        <section
          className={classes.plain}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls has to be reached by keyboard
          tabIndex={0}
          aria-label={t('messages.body')}
        >
          {body}
        </section>
      )}
    </Stack>
  );
}

function Attempts({ message: m }: { message: Message }) {
  const { t, i18n } = useTranslation();
  const { zone } = useBusiness();
  const { data } = $api.useQuery(
    'get',
    '/v1/runs/{id}',
    { params: { path: { id: m.run_id } } },
    { enabled: m.attempts > 0 },
  );
  const attempts = data?.steps.find((s) => s.step_id === m.step_id)?.attempts ?? [];
  if (attempts.length === 0) return null;
  const word = (outcome: string) => {
    const key = `messages.outcomes.${outcome}`;
    return i18n.exists(key) ? t(key as 'messages.outcomes.temporary') : outcome;
  };
  return (
    <div>
      <Text fw={600} size="sm" mb={4}>
        {t('messages.attempts', { count: attempts.length })}
      </Text>
      <Table verticalSpacing={6} borderColor="var(--line)" fz="sm">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('messages.attemptAt')}</Table.Th>
            <Table.Th>{t('messages.outcome')}</Table.Th>
            <Table.Th>{t('messages.answer')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {attempts.map((a) => (
            <Table.Tr key={a.attempt}>
              <Table.Td className="num" style={{ whiteSpace: 'nowrap' }}>
                {exactly(a.at, i18n.language, zone)}
              </Table.Td>
              <Table.Td>{word(a.outcome)}</Table.Td>
              <Table.Td style={{ overflowWrap: 'anywhere' }}>
                {[a.code, a.answer].filter((x) => x !== null && x !== '').join(' · ') || '–'}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}
