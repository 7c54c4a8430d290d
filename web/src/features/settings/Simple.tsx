import { Alert, Button, Drawer, Group, Stack, Table } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Empty } from '@/app/Page';
import { Confirm } from '@/components/Confirm';
import { More, Panel, Trouble, Waiting } from '@/components/Panel';
import panel from '@/components/panel.module.css';
import { useAct } from '@/lib/act';
import type { usePages } from '@/lib/lists';
import { elsewhere, type Fault, sentence } from '@/lib/problem';

type ListProps<T extends { id: string }> = {
  list: ReturnType<typeof usePages<T>>;
  columns: { label: string; of: (x: T) => ReactNode; wrap?: boolean }[];
  acts?: (x: T) => ReactNode;
  icon: ReactNode;
  none: string;
  noneText: string;
  add?: { label: string; go: () => void };
};

/** The list of a part of the set-up, with its empty, waiting and failing states. */
export function SimpleList<T extends { id: string }>({
  list,
  columns,
  acts,
  icon,
  none,
  noneText,
  add,
}: ListProps<T>) {
  const { t } = useTranslation();
  const button = add && (
    <Button leftSection={<IconPlus size={16} />} onClick={add.go}>
      {add.label}
    </Button>
  );
  if (list.error) return <Trouble error={list.error} retry={list.refetch} />;
  if (list.isPending)
    return (
      <Panel>
        <Waiting />
      </Panel>
    );
  if (list.rows.length === 0) return <Empty icon={icon} title={none} text={noneText} action={button} />;
  return (
    <>
      {button && (
        <Group justify="flex-end" mb="sm">
          {button}
        </Group>
      )}
      <Panel>
        <Table.ScrollContainer minWidth={560} type="native">
          <Table verticalSpacing="sm" horizontalSpacing="lg" borderColor="var(--line)">
            <Table.Thead>
              <Table.Tr>
                {columns.map((c) => (
                  <Table.Th key={c.label}>{c.label}</Table.Th>
                ))}
                {acts && (
                  <Table.Th>
                    <span className="visually-hidden">{t('settings.acts')}</span>
                  </Table.Th>
                )}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {list.rows.map((x) => (
                <Table.Tr key={x.id}>
                  {columns.map((c) => (
                    <Table.Td key={c.label} maw={320} dir="auto">
                      <span className={c.wrap ? undefined : panel.clip}>{c.of(x)}</span>
                    </Table.Td>
                  ))}
                  {acts && <Table.Td ta="right">{acts(x)}</Table.Td>}
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
        <More more={list.hasNextPage} busy={list.isFetchingNextPage} next={list.fetchNextPage} />
      </Panel>
    </>
  );
}

type DrawerProps = {
  title: string;
  shown: string[];
  save: string;
  ready?: boolean;
  onClose: () => void;
  onSave: (act: ReturnType<typeof useAct>) => Promise<void>;
  children: (faults: Fault[]) => ReactNode;
};

/** A form in a drawer; faults stand beside their fields, those of no field on top. */
export function FormDrawer({ title, shown, save, ready = true, onClose, onSave, children }: DrawerProps) {
  const { t } = useTranslation();
  const act = useAct();
  return (
    <Drawer
      opened
      onClose={onClose}
      position="right"
      size="md"
      title={title}
      closeButtonProps={{ 'aria-label': t('common.close') }}
    >
      <form
        noValidate
        onSubmit={(e) => {
          e.preventDefault();
          onSave(act);
        }}
      >
        <Stack gap="md">
          {elsewhere(act.faults, shown).map((f) => (
            <Alert key={f.pointer + f.code} color="red" variant="light">
              {f.pointer} {sentence(f)}
            </Alert>
          ))}
          {children(act.faults)}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t('common.cancel')}
            </Button>
            <Button type="submit" loading={act.busy} disabled={!ready}>
              {save}
            </Button>
          </Group>
        </Stack>
      </form>
    </Drawer>
  );
}

/** A button that asks first and says what follows. */
export function AskButton({
  label,
  title,
  text,
  go,
  danger = true,
}: {
  label: string;
  title?: string;
  text: string;
  go: (act: ReturnType<typeof useAct>) => Promise<unknown>;
  danger?: boolean;
}) {
  const [asked, setAsked] = useState(false);
  const act = useAct();
  return (
    <>
      <Button
        size="compact-sm"
        variant={danger ? 'subtle' : 'default'}
        color={danger ? 'red.8' : undefined}
        styles={
          danger
            ? { label: { color: 'light-dark(var(--mantine-color-red-9), var(--mantine-color-red-4))' } }
            : undefined
        }
        onClick={() => setAsked(true)}
      >
        {label}
      </Button>
      <Confirm
        opened={asked}
        title={title ?? label}
        yes={label}
        danger={danger}
        busy={act.busy}
        onYes={async () => {
          await go(act);
          setAsked(false);
        }}
        onNo={() => setAsked(false)}
      >
        {text}
      </Confirm>
    </>
  );
}
