import { ActionIcon, Button, Checkbox, Group, Input, Select, Skeleton, TextInput } from '@mantine/core';
import { IconPlus, IconX } from '@tabler/icons-react';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import type { Pen } from './ActionCard';
import classes from './builder.module.css';
import { Sending } from './MessageFields';
import type { Action } from './model';

const CodeEditor = lazy(() => import('@/editor/CodeEditor'));
type Webhook = Extract<Action, { type: 'webhook' }>;
type Props = Pen & { value: Webhook; onChange: (a: Action) => void };
const sample = '{\n  "reference": "{{ booking.reference }}"\n}';

export function WebhookFields({ value, onChange, variables }: Props) {
  const { t } = useTranslation();
  const body = value.body;
  const kind = !body ? 'standard' : 'json' in body ? 'json' : 'form' in body ? 'form' : 'raw';
  return (
    <>
      <Group gap="sm" align="end" wrap="nowrap">
        <Select
          label={t('builder.method')}
          w={104}
          allowDeselect={false}
          data={['POST', 'PUT', 'PATCH', 'GET', 'DELETE']}
          value={value.method ?? 'POST'}
          onChange={(m) => m && onChange({ ...value, method: m as 'POST' })}
        />
        <TextInput
          label={t('builder.url')}
          flex={1}
          value={value.url}
          onChange={(e) => onChange({ ...value, url: e.currentTarget.value })}
        />
      </Group>
      <Rows
        label={t('builder.headers')}
        value={value.headers ?? {}}
        onChange={(headers) => onChange({ ...value, headers })}
      />
      <Select
        label={t('builder.bodyKind')}
        allowDeselect={false}
        value={kind}
        data={(['standard', 'json', 'form', 'raw'] as const).map((k) => ({
          value: k,
          label: t(`builder.bodies.${k}`),
        }))}
        onChange={(k) =>
          k !== kind &&
          onChange({
            ...value,
            body:
              k === 'json'
                ? { json: sample }
                : k === 'form'
                  ? { form: {} }
                  : k === 'raw'
                    ? { raw: '', content_type: 'text/plain' }
                    : null,
          })
        }
      />
      {body && 'form' in body && (
        <Rows
          label={t('builder.bodies.form')}
          value={body.form}
          onChange={(form) => onChange({ ...value, body: { form } })}
        />
      )}
      {body && 'raw' in body && (
        <TextInput
          label={t('builder.contentType')}
          value={body.content_type}
          onChange={(e) => onChange({ ...value, body: { ...body, content_type: e.currentTarget.value } })}
        />
      )}
      {body && ('json' in body || 'raw' in body) && (
        <div className={classes.code} key={kind}>
          <Suspense fallback={<Skeleton h={120} />}>
            <CodeEditor
              language="json"
              label={t('builder.body')}
              value={'json' in body ? body.json : body.raw}
              onChange={(x) =>
                onChange({ ...value, body: 'json' in body ? { json: x } : { ...body, raw: x } })
              }
              variables={variables}
            />
          </Suspense>
        </div>
      )}
      <Group gap="sm" grow align="end">
        <TextInput
          label={t('builder.stepName')}
          value={value.name ?? ''}
          onChange={(e) => onChange({ ...value, name: e.currentTarget.value || null })}
        />
        <Checkbox
          mb={8}
          label={t('builder.signing')}
          checked={value.signing ?? true}
          onChange={(e) => onChange({ ...value, signing: e.currentTarget.checked })}
        />
      </Group>
      <Rows
        label={t('builder.store')}
        value={value.store ?? {}}
        onChange={(store) => onChange({ ...value, store })}
      />
      <Sending value={value} onChange={onChange} />
    </>
  );
}

type Map = Record<string, string>;
/** Names and values, in their order. A name that is there twice is the server's to complain of, so it waits its turn. */
function Rows({ label, value, onChange }: { label: string; value: Map; onChange: (m: Map) => void }) {
  const { t } = useTranslation();
  const rows = Object.entries(value);
  const put = (i: number, row: [string, string]) => {
    if (rows.some(([k], j) => j !== i && k === row[0])) return;
    onChange(Object.fromEntries(rows.with(i, row)));
  };
  return (
    <Input.Wrapper label={label} labelElement="div">
      {rows.map(([name, text], i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the name is what is being typed
        <Group key={i} gap="xs" wrap="nowrap" mb={6}>
          <TextInput
            aria-label={`${label}: ${t('builder.rowName')}`}
            w="38%"
            value={name}
            onChange={(e) => put(i, [e.currentTarget.value, text])}
          />
          <TextInput
            aria-label={`${label}: ${t('builder.value')}`}
            flex={1}
            value={text}
            onChange={(e) => put(i, [name, e.currentTarget.value])}
          />
          <ActionIcon
            aria-label={t('builder.removeRow')}
            size="lg"
            onClick={() => onChange(Object.fromEntries(rows.toSpliced(i, 1)))}
          >
            <IconX size={16} />
          </ActionIcon>
        </Group>
      ))}
      <div>
        <Button
          variant="subtle"
          size="compact-sm"
          ml={-6}
          disabled={'' in value}
          leftSection={<IconPlus size={14} />}
          onClick={() => onChange({ ...value, '': '' })}
        >
          {t('builder.addRow')}
        </Button>
      </div>
    </Input.Wrapper>
  );
}
