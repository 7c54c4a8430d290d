import { Badge, Button, Group, Input, Select, Skeleton, Tabs, TagsInput, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { lazy, Suspense, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { holds, type Mode, TemplateEditor } from '@/editor/TemplateEditor';
import { previewOf } from '@/editor/template';
import { smsSize } from '@/lib/sms';
import { useBusiness } from '@/lib/use-business';
import type { Pen } from './ActionCard';
import classes from './builder.module.css';
import type { Action } from './model';

const CodeEditor = lazy(() => import('@/editor/CodeEditor'));
type Email = Extract<Action, { type: 'email' }>;
type Sms = Extract<Action, { type: 'sms' }>;

/** One tab a language: those of the business and those that have a text; a missing one is marked, in words too. */
function LangTabs({ lang, onLang, texts }: { lang: string; onLang: (l: string) => void; texts: object }) {
  const { t, i18n } = useTranslation();
  const { languages } = useBusiness();
  const names = useMemo(() => new Intl.DisplayNames([i18n.language], { type: 'language' }), [i18n.language]);
  const all = [...new Set([...languages, ...Object.keys(texts)])];
  return (
    <Tabs
      value={lang}
      onChange={(l) => l && onLang(l)}
      classNames={{ list: classes.langs, tab: classes.lang }}
    >
      <Tabs.List aria-label={t('builder.languages')}>
        {all.map((l) => (
          <Tabs.Tab
            key={l}
            value={l}
            rightSection={
              !(l in texts) && <IconAlertTriangle size={14} color="var(--tile-trigger-fg)" aria-hidden />
            }
          >
            {names.of(l) ?? l}
            {!(l in texts) && <span className="visually-hidden"> {t('builder.missing')}</span>}
          </Tabs.Tab>
        ))}
      </Tabs.List>
    </Tabs>
  );
}

function Missing({ onAdd }: { onAdd: () => void }) {
  const { t } = useTranslation();
  return (
    <Group gap="sm">
      <Text size="sm" c="dimmed">
        {t('builder.missingText')}
      </Text>
      <Button size="xs" variant="light" onClick={onAdd}>
        {t('builder.addLanguage')}
      </Button>
    </Group>
  );
}

type ToProps = { value: string[]; words: string[]; label: string; onChange: (to: string[]) => void };
/** Who gets it: words of ours shown in the person's language, addresses as they are. */
function Recipients({ value, words, label, onChange }: ToProps) {
  const { t } = useTranslation();
  const shown = new Map(words.map((w) => [w, t(`builder.whos.${w as 'customer'}`)]));
  const back = new Map([...shown].map(([w, l]) => [l, w]));
  return (
    <TagsInput
      label={label}
      value={value.map((v) => shown.get(v) ?? v)}
      data={[...shown.values()]}
      splitChars={[',', ';']}
      onChange={(list) => onChange(list.map((l) => back.get(l) ?? l))}
    />
  );
}

type TextProps = {
  mode: Mode;
  label: string;
  value: string;
  onChange: (v: string) => void;
  source?: boolean;
};
/** The rich editor where it can hold the template, else its source with a note: nothing is ever lost by opening it. */
function Template({ mode, label, value, onChange, source, variables }: TextProps & Pick<Pen, 'variables'>) {
  const { t } = useTranslation();
  const [rich] = useState(() => !source && holds(mode, value, variables));
  if (rich)
    return (
      <TemplateEditor mode={mode} label={label} value={value} onChange={onChange} variables={variables} />
    );
  return (
    <>
      <Text size="sm" c="dimmed">
        {t(source ? 'builder.markdown' : 'builder.sourceNote')}
      </Text>
      <div className={classes.code}>
        <Suspense fallback={<Skeleton h={120} />}>
          <CodeEditor language="html" label={label} value={value} onChange={onChange} variables={variables} />
        </Suspense>
      </div>
    </>
  );
}

export function EmailFields({
  value,
  onChange,
  lang,
  onLang,
  variables,
}: Pen & { value: Email; onChange: (a: Action) => void }) {
  const { t } = useTranslation();
  const text = value.content[lang];
  const set = (patch: object) =>
    onChange({
      ...value,
      content: { ...value.content, [lang]: { subject: '', body: '', ...text, ...patch } },
    });
  return (
    <>
      <Recipients
        label={t('builder.toWhom')}
        value={value.to}
        words={['customer', 'resource', 'location', 'admins']}
        onChange={(to) => onChange({ ...value, to })}
      />
      <LangTabs lang={lang} onLang={onLang} texts={value.content} />
      {text ? (
        <div className={classes.part} key={lang}>
          <Input.Wrapper label={t('builder.subject')} labelElement="div">
            <Template
              mode="line"
              label={t('builder.subject')}
              value={text.subject}
              onChange={(subject) => set({ subject })}
              variables={variables}
            />
          </Input.Wrapper>
          <Input.Wrapper label={t('builder.body')} labelElement="div">
            <Template
              mode="body"
              label={t('builder.body')}
              value={text.body}
              source={text.format === 'markdown'}
              onChange={(body) => set({ body })}
              variables={variables}
            />
          </Input.Wrapper>
        </div>
      ) : (
        <Missing onAdd={() => set({})} />
      )}
      <Sending value={value} onChange={onChange} />
    </>
  );
}

export function SmsFields({
  value,
  onChange,
  lang,
  onLang,
  variables,
}: Pen & { value: Sms; onChange: (a: Action) => void }) {
  const { t } = useTranslation();
  const text = value.content[lang];
  const set = (s: string) => onChange({ ...value, content: { ...value.content, [lang]: { text: s } } });
  const size = smsSize(
    previewOf(text?.text ?? '', Object.fromEntries(variables.map((v) => [v.path, v.sample]))),
  );
  return (
    <>
      <Recipients
        label={t('builder.toWhom')}
        value={value.to}
        words={['customer', 'resource', 'location']}
        onChange={(to) => onChange({ ...value, to })}
      />
      <LangTabs lang={lang} onLang={onLang} texts={value.content} />
      {text ? (
        <Input.Wrapper label={t('builder.message')} labelElement="div">
          <TemplateEditor
            key={lang}
            mode="text"
            label={t('builder.message')}
            value={text.text}
            variables={variables}
            onChange={set}
            footer={
              <Group gap={10} flex={1} className="num" role="status">
                <Badge className="tone" data-tone={size.segments > 1 ? 'warn' : 'ok'} size="md">
                  {t('builder.segments', { count: size.segments })}
                </Badge>
                <span>
                  {t('builder.meter', { units: size.units, left: size.left, encoding: size.encoding })}
                </span>
              </Group>
            }
          />
        </Input.Wrapper>
      ) : (
        <Missing onAdd={() => set('')} />
      )}
      {size.unusual.length > 0 && (
        <Text size="sm" className={classes.said} component="p">
          <IconAlertTriangle size={16} aria-hidden />
          <span>{t('builder.ucs2', { chars: size.unusual.slice(0, 4).join(' ') })}</span>
        </Text>
      )}
      <Sending value={value} onChange={onChange} />
    </>
  );
}

/** What the message is for, and whether it waits for morning. */
export function Sending<A extends Action & { purpose?: unknown; quiet_hours?: unknown }>({
  value,
  onChange,
}: {
  value: A;
  onChange: (a: Action) => void;
}) {
  const { t } = useTranslation();
  return (
    <Group gap="sm" grow>
      <Select
        label={t('builder.purpose')}
        allowDeselect={false}
        value={(value.purpose as string | undefined) ?? 'service'}
        data={(['service', 'marketing'] as const).map((p) => ({
          value: p,
          label: t(`builder.purposes.${p}`),
        }))}
        onChange={(purpose) => onChange({ ...value, purpose } as Action)}
      />
      <Select
        label={t('builder.quiet')}
        allowDeselect={false}
        value={(value.quiet_hours as string | null | undefined) ?? 'usual'}
        data={(['usual', 'respect', 'ignore'] as const).map((q) => ({
          value: q,
          label: t(`builder.quiets.${q}`),
        }))}
        onChange={(q) => onChange({ ...value, quiet_hours: q === 'usual' ? null : q } as Action)}
      />
    </Group>
  );
}
