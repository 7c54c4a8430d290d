import {
  ActionIcon,
  Alert,
  Button,
  Drawer,
  Group,
  Menu,
  Modal,
  Switch,
  Tabs,
  Text,
  TextInput,
  Tooltip,
} from '@mantine/core';
import { useDebouncedValue, useDisclosure, useHotkeys } from '@mantine/hooks';
import { IconArrowLeft, IconEye, IconPlus } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link, useBlocker } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import type { components } from '@/api/schema';
import { Confirm } from '@/components/Confirm';
import type { VariableItem } from '@/editor/suggestion';
import { useMay } from '@/lib/role';
import { unwrap } from '@/lib/unwrap';
import { useBusiness } from '@/lib/use-business';
import { ActionCard, icons } from './ActionCard';
import classes from './builder.module.css';
import { Diff } from './Diff';
import { Faults, Said } from './Faults';
import { FilterCard } from './FilterCard';
import {
  type Action,
  actionTypes,
  bodyOf,
  type Draft,
  newAction,
  type Step,
  step,
  type Workflow,
} from './model';
import { Preview } from './Preview';
import { TriggerCard } from './TriggerCard';
import { useDraft } from './use-draft';
import { useSave } from './use-save';
import { Versions } from './Versions';

type Props = { id: string | null; saved: Workflow | null; start: Draft; variables: VariableItem[] };
type Check = components['schemas']['WorkflowCheck'];

/** What the server says of the draft as it stands: faults, warnings, and the whole in one sentence. */
function useCheck(draft: Draft) {
  const [body] = useDebouncedValue(bodyOf(draft), 500);
  const { data } = useQuery({
    queryKey: ['check', JSON.stringify(body)],
    placeholderData: keepPreviousData,
    retry: false,
    queryFn: ({ signal }) =>
      unwrap(api.POST('/v1/workflows/check', { body, signal } as never) as never) as Promise<Check>,
  });
  return data;
}

export function Builder({ id, saved, start, variables }: Props) {
  const { t, i18n } = useTranslation();
  const { languages } = useBusiness();
  const may = useMay()('workflows:write');
  const { draft, setDraft, dirty, recovered, drop, forget } = useDraft(id ?? 'new', start);
  const leaving = useRef(false);
  const saving = useSave(saved, draft, forget, () => {
    leaving.current = true;
  });
  const [selected, setSelected] = useState<string | null>(
    (draft.steps.find((s) => ['email', 'sms', 'webhook'].includes(s.action.type)) ?? draft.steps[0])?.key ??
      null,
  );
  const [lang, setLang] = useState(languages[0] ?? 'nb');
  const [drawer, preview] = useDisclosure();
  const check = useCheck(draft);
  const said = [...(check?.errors ?? []), ...(check?.warnings ?? []), ...saving.faults].filter(
    (f, i, all) => all.findIndex((x) => x.pointer === f.pointer && x.code === f.code) === i,
  );
  const ready = may && !saving.busy && (dirty || !saved);
  useHotkeys([['mod+S', () => ready && saving.save()]], [], true); // also from inside the editors
  useBlocker({
    shouldBlockFn: () => dirty && !leaving.current && !window.confirm(t('builder.leave')),
    enableBeforeUnload: () => dirty && !leaving.current,
  });
  const change = (patch: Partial<Draft>) => setDraft((d) => ({ ...d, ...patch }));
  const current = draft.steps.find((s) => s.key === selected)?.action ?? null;
  return (
    <Said value={said}>
      <div className={classes.page}>
        <header className={classes.head}>
          <h1 className="visually-hidden">{draft.name}</h1>
          <div className={classes.headRow}>
            <Tooltip label={t('nav.workflows')}>
              <ActionIcon
                renderRoot={(p) => <Link {...p} to="/workflows" />}
                aria-label={t('nav.workflows')}
                size="lg"
              >
                <IconArrowLeft size={19} stroke={1.8} />
              </ActionIcon>
            </Tooltip>
            <TextInput
              variant="unstyled"
              className={classes.name}
              classNames={{ input: classes.nameInput }}
              aria-label={t('builder.name')}
              maxLength={1000}
              dir="auto"
              value={draft.name}
              onChange={(e) => change({ name: e.currentTarget.value })}
            />
            <Group gap="sm" wrap="nowrap" className={classes.headActions}>
              <Text size="sm" c="dimmed" visibleFrom="lg" role="status">
                {t(dirty || !saved ? 'builder.unsaved' : 'builder.allSaved')}
              </Text>
              <Switch
                checked={draft.enabled}
                onChange={(e) => change({ enabled: e.currentTarget.checked })}
                label={t(draft.enabled ? 'workflows.on' : 'workflows.off')}
                size="sm"
                color="teal.8"
                disabled={!may}
              />
              <Button onClick={saving.save} loading={saving.busy} disabled={!ready}>
                {t('common.save')}
              </Button>
            </Group>
          </div>
        </header>
        <Tabs
          defaultValue="builder"
          keepMounted={false}
          classNames={{ list: classes.tabs, tab: classes.tab }}
        >
          {saved && (
            <Tabs.List>
              <Tabs.Tab value="builder">{t('builder.tab')}</Tabs.Tab>
              <Tabs.Tab value="versions">{t('builder.versions')}</Tabs.Tab>
            </Tabs.List>
          )}
          <Tabs.Panel value="builder">
            <div className={classes.body}>
              <div className={classes.flow}>
                {recovered && dirty && (
                  <Alert mb="md" variant="light" title={t('builder.recovered')}>
                    <Button size="xs" variant="default" onClick={drop}>
                      {t('builder.drop')}
                    </Button>
                  </Alert>
                )}
                <p className={classes.sentence} aria-live="polite">
                  {check?.sentence?.[i18n.language as 'nb'] ?? t('builder.notYet')}
                </p>
                <Faults at="" except={['/triggers', '/filters', '/condition', '/actions']} />
                <h2 className={classes.stage}>{t('builder.when')}</h2>
                <TriggerCard value={draft.triggers} onChange={(triggers) => change({ triggers })} />
                <div className={classes.wire} />
                <h2 className={classes.stage}>{t('builder.onlyIf')}</h2>
                <FilterCard
                  filters={draft.filters}
                  condition={draft.condition}
                  onFilters={(filters) => change({ filters })}
                  onCondition={(condition) => change({ condition })}
                />
                <div className={classes.wire} />
                <h2 className={classes.stage}>{t('builder.do')}</h2>
                <Steps
                  steps={draft.steps}
                  set={(f) => setDraft((d) => ({ ...d, steps: f(d.steps) }))}
                  pen={{ lang, onLang: setLang, variables }}
                  selected={selected}
                  select={setSelected}
                />
              </div>
              <aside className={classes.side} aria-label={t('builder.preview')}>
                <Preview action={current} lang={lang} />
              </aside>
            </div>
            <Button
              className={classes.fab}
              radius={999}
              size="md"
              color="dark"
              leftSection={<IconEye size={18} />}
              onClick={preview.open}
            >
              {t('builder.showPreview')}
            </Button>
          </Tabs.Panel>
          {saved && (
            <Tabs.Panel value="versions" p="md">
              <Versions workflow={saved} onRestored={forget} />
            </Tabs.Panel>
          )}
        </Tabs>
        <Drawer
          opened={drawer}
          onClose={preview.close}
          position="bottom"
          size="86%"
          title={t('builder.preview')}
          closeButtonProps={{ 'aria-label': t('common.close') }}
        >
          <Preview action={current} lang={lang} />
        </Drawer>
        <Confirm
          opened={saving.impact !== null}
          title={t('builder.impact')}
          yes={t('common.save')}
          busy={saving.busy}
          onYes={() => saving.write()}
          onNo={() => saving.setImpact(null)}
        >
          <p>{saving.impact?.sentence[i18n.language as 'nb']}</p>
          <ul>
            {saving.impact?.examples.slice(0, 5).map((x) => (
              <li key={x.booking_id + x.what + x.due_at}>
                {x.reference} · {x.customer} · {x.due_local}
              </li>
            ))}
          </ul>
        </Confirm>
        <Modal
          opened={saving.theirs !== null}
          onClose={() => saving.setTheirs(null)}
          size="80%"
          title={t('builder.conflict')}
          closeButtonProps={{ 'aria-label': t('common.close') }}
        >
          <Conflict saved={saved} theirs={saving.theirs} draft={draft} />
          <Group justify="flex-end" mt="md">
            <Button variant="default" onClick={() => saving.setTheirs(null)}>
              {t('builder.keepEditing')}
            </Button>
            <Button loading={saving.busy} onClick={() => saving.write(saving.theirs?.revision)}>
              {t('builder.saveMine')}
            </Button>
          </Group>
        </Modal>
      </div>
    </Said>
  );
}

/** What each of the two changed, side by side. */
function Conflict({
  saved,
  theirs,
  draft,
}: {
  saved: Workflow | null;
  theirs: Workflow | null;
  draft: Draft;
}) {
  const { t } = useTranslation();
  if (!saved || !theirs) return null;
  const plain = (w: Workflow) => ({
    name: w.name,
    enabled: w.enabled,
    triggers: w.triggers,
    filters: w.filters,
    condition: w.condition,
    actions: w.actions,
  });
  return (
    <Group align="start" grow>
      <div>
        <Text fw={570}>{t('builder.theirs')}</Text>
        <Diff before={plain(saved)} after={plain(theirs)} />
      </div>
      <div>
        <Text fw={570}>{t('builder.mine')}</Text>
        <Diff before={plain(saved)} after={bodyOf(draft)} />
      </div>
    </Group>
  );
}

type StepsProps = {
  steps: Step[];
  set: (f: (s: Step[]) => Step[]) => void;
  pen: { lang: string; onLang: (l: string) => void; variables: VariableItem[] };
  selected: string | null;
  select: (key: string | null) => void;
};

function Steps({ steps, set, pen, selected, select }: StepsProps) {
  const { t } = useTranslation();
  const { languages } = useBusiness();
  const add = (type: Action['type']) => {
    const made = step(newAction(type, languages));
    set((list) => [...list, made]);
    select(made.key);
  };
  return (
    <>
      <ol className={classes.actions}>
        {steps.map(({ key, action }, i) => (
          <li key={key}>
            {i > 0 && <div className={classes.wire} />}
            <ActionCard
              {...pen}
              at={`/actions/${i}`}
              action={action}
              index={i}
              count={steps.length}
              open={key === selected}
              onToggle={() => select(key === selected ? null : key)}
              onChange={(next) => set((list) => list.map((s) => (s.key === key ? { key, action: next } : s)))}
              onMove={(by) =>
                set((list) => {
                  const rest = list.filter((s) => s.key !== key);
                  return rest.toSpliced(i + by, 0, list[i] as Step);
                })
              }
              onCopy={() => set((list) => list.toSpliced(i + 1, 0, step(structuredClone(action))))}
              onRemove={() => set((list) => list.filter((s) => s.key !== key))}
            />
          </li>
        ))}
      </ol>
      <Faults at="/actions" except={steps.map((_, i) => `/actions/${i}`)} />
      <div className={classes.wire} />
      <Menu position="bottom" width={290}>
        <Menu.Target>
          <Button variant="default" className={classes.add} leftSection={<IconPlus size={16} />}>
            {t('builder.addAction')}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {actionTypes.map((type) => {
            const I = icons[type];
            return (
              <Menu.Item
                key={type}
                onClick={() => add(type)}
                leftSection={
                  <span className={classes.tile} data-kind={type}>
                    <I size={17} stroke={1.8} />
                  </span>
                }
              >
                {t(`builder.actions.${type}`)}
              </Menu.Item>
            );
          })}
        </Menu.Dropdown>
      </Menu>
    </>
  );
}
