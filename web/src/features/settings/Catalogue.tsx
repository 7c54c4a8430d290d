import { ActionIcon, Alert, Button, Drawer, Group, Stack, Table, Text } from '@mantine/core';
import { IconArchive, IconArrowDown, IconArrowUp, IconPlus } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { sessionCall } from '@/api/session';
import { Empty } from '@/app/Page';
import { Confirm } from '@/components/Confirm';
import { Panel, Trouble, Waiting } from '@/components/Panel';
import panel from '@/components/panel.module.css';
import { useAct } from '@/lib/act';
import { useAll } from '@/lib/lists';
import { elsewhere, sentence } from '@/lib/problem';
import { useMay } from '@/lib/role';
import { changed, type Field, Fields, type Values } from './Fields';

export type Thing = Values & { id: string; revision: number };
export type Spec = {
  path: string;
  scope: string;
  title: (x: Thing) => ReactNode;
  columns: { label: string; of: (x: Thing) => ReactNode }[];
  fields: Field[];
  start: Values;
  /** Sorted by `position`, and moved up and down. */
  ordered?: boolean;
  words: { new: string; edit: string; archive: string; archiveText: string; none: string; noneText: string };
  icon: ReactNode;
};

/** Services, places and the like: a list, one form, and a way to put one away. */
export function Catalogue({ spec }: { spec: Spec }) {
  const { t } = useTranslation();
  const list = useAll<Thing>(`/v1/${spec.path}`);
  const may = useMay()(spec.scope);
  const [open, setOpen] = useState<Thing | 'new' | null>(null);
  const rows = [...(list.data?.rows ?? [])];
  if (spec.ordered) rows.sort((a, b) => Number(a.position) - Number(b.position));
  const add = may && (
    <Button leftSection={<IconPlus size={16} />} onClick={() => setOpen('new')}>
      {spec.words.new}
    </Button>
  );
  return (
    <>
      <Group justify="flex-end" mb="sm">
        {rows.length > 0 && add}
      </Group>
      {list.error && <Trouble error={list.error} retry={list.refetch} />}
      {list.isPending && !list.error && (
        <Panel>
          <Waiting />
        </Panel>
      )}
      {list.data && rows.length === 0 && (
        <Empty icon={spec.icon} title={spec.words.none} text={spec.words.noneText} action={add} />
      )}
      {rows.length > 0 && (
        <Panel>
          <Table.ScrollContainer minWidth={480} type="native">
            <Table verticalSpacing="sm" horizontalSpacing="lg" highlightOnHover borderColor="var(--line)">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>{t('settings.name')}</Table.Th>
                  {spec.columns.map((c) => (
                    <Table.Th key={c.label}>{c.label}</Table.Th>
                  ))}
                  {spec.ordered && may && <Table.Th>{t('settings.order')}</Table.Th>}
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {rows.map((x, i) => (
                  <Table.Tr key={x.id} className={panel.row}>
                    <Table.Td maw={320}>
                      {may ? (
                        <button
                          type="button"
                          className={`${panel.link} plain`}
                          onClick={() => setOpen(x)}
                          dir="auto"
                        >
                          {spec.title(x)}
                        </button>
                      ) : (
                        <Text fw={570} fz="inherit">
                          {spec.title(x)}
                        </Text>
                      )}
                    </Table.Td>
                    {spec.columns.map((c) => (
                      <Table.Td key={c.label} maw={300}>
                        <span className={panel.clip}>{c.of(x)}</span>
                      </Table.Td>
                    ))}
                    {spec.ordered && may && (
                      <Table.Td className={panel.above}>
                        <Order spec={spec} rows={rows} at={i} />
                      </Table.Td>
                    )}
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        </Panel>
      )}
      {open && (
        <Editor
          spec={spec}
          thing={open === 'new' ? null : open}
          next={rows.length}
          onClose={() => setOpen(null)}
        />
      )}
    </>
  );
}

/** Up and down, one place at a time: the two neighbours change their positions. */
function Order({ spec, rows, at }: { spec: Spec; rows: Thing[]; at: number }) {
  const { t } = useTranslation();
  const act = useAct();
  const queries = useQueryClient();
  const move = async (by: -1 | 1) => {
    const order = [...rows];
    const [x] = order.splice(at, 1);
    if (!x) return;
    order.splice(at + by, 0, x);
    await act.run(async () => {
      for (const [i, row] of order.entries())
        if (row.position !== i)
          await sessionCall(
            'PATCH',
            `${spec.path}/${row.id}`,
            { position: i },
            { 'If-Match': `"${row.revision}"` },
          );
    });
    await queries.invalidateQueries();
  };
  const name = spec.title(rows[at] as Thing);
  const label = typeof name === 'string' ? name : String(rows[at]?.key ?? '');
  return (
    <Group gap={2} wrap="nowrap">
      <ActionIcon
        disabled={at === 0 || act.busy}
        onClick={() => move(-1)}
        aria-label={t('settings.up', { name: label })}
      >
        <IconArrowUp size={16} />
      </ActionIcon>
      <ActionIcon
        disabled={at === rows.length - 1 || act.busy}
        onClick={() => move(1)}
        aria-label={t('settings.down', { name: label })}
      >
        <IconArrowDown size={16} />
      </ActionIcon>
    </Group>
  );
}

type EditorProps = { spec: Spec; thing: Thing | null; next: number; onClose: () => void };

function Editor({ spec, thing, next, onClose }: EditorProps) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const fields = spec.fields.filter((f) => !thing || !f.fixed);
  const [before] = useState<Values>(() =>
    thing
      ? Object.fromEntries(fields.map((f) => [f.key, thing[f.key]]))
      : { ...spec.start, ...(spec.ordered && { position: next }) },
  );
  const [values, setValues] = useState(before);
  const [asking, setAsking] = useState(false);
  const act = useAct();
  const save = async () => {
    const body = thing
      ? changed(before, values)
      : Object.fromEntries(Object.entries(values).filter(([, v]) => v !== null && v !== undefined));
    const answer = await act.run(
      (headers) =>
        thing
          ? sessionCall('PATCH', `${spec.path}/${thing.id}`, body, { 'If-Match': `"${thing.revision}"` })
          : sessionCall('POST', spec.path, body, headers),
      { of: body, done: t('settings.saved') },
    );
    await queries.invalidateQueries();
    if (answer?.ok) onClose();
  };
  const archive = async () => {
    if (!thing) return;
    const answer = await act.run(
      () =>
        sessionCall('DELETE', `${spec.path}/${thing.id}`, undefined, { 'If-Match': `"${thing.revision}"` }),
      { done: t('settings.archived') },
    );
    await queries.invalidateQueries();
    setAsking(false);
    if (answer?.ok) onClose();
  };
  return (
    <Drawer
      opened
      onClose={onClose}
      position="right"
      size="md"
      title={thing ? spec.words.edit : spec.words.new}
      closeButtonProps={{ 'aria-label': t('common.close') }}
    >
      <form
        noValidate
        onSubmit={(e) => {
          e.preventDefault();
          save();
        }}
      >
        <Stack gap="md">
          {elsewhere(
            act.faults,
            fields.map((f) => `/${f.key}`),
          ).map((f) => (
            <Alert key={f.pointer + f.code} color="red" variant="light">
              {sentence(f)}
            </Alert>
          ))}
          <Fields
            fields={fields}
            values={values}
            set={(p) => setValues((v) => ({ ...v, ...p }))}
            faults={act.faults}
          />
          <Group justify="space-between">
            {thing ? (
              <Button
                variant="subtle"
                color="red.8"
                leftSection={<IconArchive size={16} />}
                onClick={() => setAsking(true)}
              >
                {spec.words.archive}
              </Button>
            ) : (
              <span />
            )}
            <Group gap="xs">
              <Button variant="default" onClick={onClose}>
                {t('common.cancel')}
              </Button>
              <Button
                type="submit"
                loading={act.busy}
                disabled={thing !== null && Object.keys(changed(before, values)).length === 0}
              >
                {t('common.save')}
              </Button>
            </Group>
          </Group>
        </Stack>
      </form>
      <Confirm
        opened={asking}
        title={spec.words.archive}
        yes={spec.words.archive}
        danger
        busy={act.busy}
        onYes={archive}
        onNo={() => setAsking(false)}
      >
        {spec.words.archiveText}
      </Confirm>
    </Drawer>
  );
}
