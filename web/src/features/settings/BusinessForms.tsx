import { Alert, Button, Group, Select, SimpleGrid, Stack, Switch, TagsInput, Text } from '@mantine/core';
import { TimeInput } from '@mantine/dates';
import { useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { $api, api } from '@/api/client';
import type { components } from '@/api/schema';
import { Pairs } from '@/components/Bits';
import { Panel, Trouble, Waiting } from '@/components/Panel';
import { useAct } from '@/lib/act';
import { elsewhere, type Fault, faultAt, sentence } from '@/lib/problem';
import { useMay } from '@/lib/role';
import { unwrap } from '@/lib/unwrap';
import { changed, type Field, Fields, type Values } from './Fields';

type Business = components['schemas']['Business'];
export type BusinessPart = 'business' | 'brand' | 'sending' | 'retention';

/** One part of the business's own settings; each saves only what it shows. */
export function BusinessForm({ part }: { part: BusinessPart }) {
  const { data, error, isPending, refetch } = $api.useQuery('get', '/v1/business');
  if (error) return <Trouble error={error} retry={refetch} />;
  if (isPending || !data) return <Waiting />;
  // A newer revision is a new form: what somebody else wrote is not overwritten by what stood here.
  return <Form key={`${part}${data.revision}`} part={part} business={data} />;
}

const startOf = (part: BusinessPart, b: Business): Values => {
  if (part === 'business') {
    const {
      name,
      phone,
      email,
      website,
      address,
      time_zone,
      languages,
      default_language,
      currency,
      country,
      admins,
    } = b;
    return {
      name,
      phone,
      email,
      website,
      address,
      time_zone,
      languages,
      default_language,
      currency,
      country,
      admins,
    };
  }
  if (part === 'brand')
    return {
      logo_url: b.branding.logo_url,
      colour: b.branding.colour,
      footer: b.branding.footer,
      rebook: b.links.rebook,
      rate: b.links.rate,
      pay: b.links.pay,
      form: b.links.form,
    };
  if (part === 'sending')
    return {
      email: b.senders.email ?? null,
      sms: b.senders.sms ?? null,
      quiet_sms: b.quiet_hours.sms,
      quiet_email: b.quiet_hours.email,
      guard: b.guards.per_recipient_and_booking_per_hour,
    };
  return { messages_days: b.retention.messages_days, audit_months: b.retention.audit_months };
};

/** From the flat form back to the shape of the API. */
function bodyOf(part: BusinessPart, v: Values): object {
  if (part === 'business') return v;
  const pick = (...keys: string[]) => Object.fromEntries(keys.filter((k) => k in v).map((k) => [k, v[k]]));
  if (part === 'brand')
    return { branding: pick('logo_url', 'colour', 'footer'), links: pick('rebook', 'rate', 'pay', 'form') };
  if (part === 'sending')
    return {
      senders: pick('email', 'sms'),
      quiet_hours: {
        ...('quiet_sms' in v && { sms: v.quiet_sms }),
        ...('quiet_email' in v && { email: v.quiet_email }),
      },
      ...('guard' in v && { guards: { per_recipient_and_booking_per_hour: v.guard } }),
    };
  return { retention: v };
}

const nests: Record<BusinessPart, string[]> = {
  business: [''],
  brand: ['/branding', '/links'],
  sending: ['/senders', '/quiet_hours', '/guards'],
  retention: ['/retention'],
};

function Form({ part, business }: { part: BusinessPart; business: Business }) {
  const { t } = useTranslation();
  const may = useMay()('business:write');
  const [before] = useState(() => startOf(part, business));
  const [values, setValues] = useState(before);
  const act = useAct();
  const queries = useQueryClient();
  const patch = changed(before, values);
  const dirty = Object.keys(patch).length > 0;
  // `/branding/colour` speaks of the field `colour` here.
  const faults: Fault[] = act.faults.map((f) => {
    const nest = nests[part].find((n) => n && f.pointer.startsWith(`${n}/`));
    return nest ? { ...f, pointer: f.pointer.slice(nest.length) } : f;
  });
  const save = async () => {
    const body = bodyOf(part, patch);
    await act.run(
      () =>
        unwrap(
          api.PATCH('/v1/business', {
            body: body as never,
            headers: { 'If-Match': `"${business.revision}"` },
          }),
        ),
      { of: body, done: t('settings.saved') },
    );
    await queries.invalidateQueries();
  };
  const set = (p: Values) => setValues((v) => ({ ...v, ...p }));
  return (
    <Panel pad>
      <form
        noValidate
        onSubmit={(e) => {
          e.preventDefault();
          save();
        }}
      >
        <fieldset disabled={!may} style={{ border: 0, margin: 0, padding: 0 }}>
          <Stack gap="md" maw={640}>
            {elsewhere(
              faults,
              Object.keys(values).map((k) => `/${k}`),
            ).map((f) => (
              <Alert key={f.pointer + f.code} color="red" variant="light">
                {f.pointer} {sentence(f)}
              </Alert>
            ))}
            <Body part={part} values={values} set={set} faults={faults} business={business} />
            {may && (
              <Group>
                <Button
                  type="submit"
                  loading={act.busy}
                  disabled={!dirty}
                  variant={dirty ? 'filled' : 'default'}
                >
                  {t('common.save')}
                </Button>
                <Text size="sm" c="dimmed">
                  {t(dirty ? 'settings.unsaved' : 'settings.allSaved')}
                </Text>
              </Group>
            )}
          </Stack>
        </fieldset>
      </form>
    </Panel>
  );
}

type BodyProps = {
  part: BusinessPart;
  values: Values;
  set: (p: Values) => void;
  faults: Fault[];
  business: Business;
};

function Body({ part, values, set, faults, business }: BodyProps) {
  const { t } = useTranslation();
  const f = (key: string, more: Partial<Field> = {}): Field => ({
    key,
    label: t(`settings.fields.${key}` as 'settings.fields.name'),
    ...more,
  });
  const simple = (fields: Field[]): ReactNode => (
    <Fields fields={fields} values={values} set={set} faults={faults} />
  );
  if (part === 'business')
    return (
      <>
        {simple([f('name', { required: true }), f('address'), f('phone'), f('email'), f('website')])}
        <Languages values={values} set={set} faults={faults} />
        {simple([
          f('time_zone', { kind: 'zone', required: true }),
          f('currency', { required: true }),
          f('country', { required: true }),
        ])}
        <TagsInput
          label={t('settings.fields.admins')}
          description={t('settings.adminsHint')}
          value={values.admins as string[]}
          onChange={(admins) => set({ admins })}
          error={faultAt(faults, '/admins')}
        />
      </>
    );
  if (part === 'brand')
    return simple([
      f('logo_url'),
      f('colour', { kind: 'colour' }),
      f('footer', { kind: 'area' }),
      ...(['rebook', 'rate', 'pay', 'form'] as const).map((k) => ({
        key: k,
        label: t(`settings.links.${k}`),
        hint: k === 'rebook' ? t('settings.linksHint') : undefined,
      })),
    ]);
  if (part === 'sending')
    return (
      <>
        {simple([
          { key: 'email', label: t('settings.senderEmail'), hint: t('settings.senderEmailHint') },
          { key: 'sms', label: t('settings.senderSms'), hint: t('settings.senderSmsHint') },
        ])}
        <Quiet
          label={t('settings.quietSms')}
          value={values.quiet_sms as Hours}
          onChange={(quiet_sms) => set({ quiet_sms })}
        />
        <Quiet
          label={t('settings.quietEmail')}
          value={values.quiet_email as Hours}
          onChange={(quiet_email) => set({ quiet_email })}
        />
        {simple([
          { key: 'guard', label: t('settings.guard'), hint: t('settings.guardHint'), kind: 'number', min: 1 },
        ])}
        <Limits limits={business.limits} />
      </>
    );
  return simple([
    {
      key: 'messages_days',
      label: t('settings.messagesDays'),
      hint: t('settings.messagesDaysHint'),
      kind: 'number',
      min: 1,
    },
    {
      key: 'audit_months',
      label: t('settings.auditMonths'),
      hint: t('settings.auditMonthsHint'),
      kind: 'number',
      min: 1,
    },
  ]);
}

function Languages({ values, set, faults }: { values: Values; set: (p: Values) => void; faults: Fault[] }) {
  const { t, i18n } = useTranslation();
  const languages = values.languages as string[];
  const words = new Intl.DisplayNames(i18n.language, { type: 'language' });
  return (
    <>
      <TagsInput
        label={t('settings.fields.languages')}
        description={t('settings.languagesHint')}
        value={languages}
        onChange={(v) => set({ languages: v })}
        error={faultAt(faults, '/languages')}
      />
      <Select
        label={t('settings.fields.default_language')}
        data={languages.map((l) => ({ value: l, label: `${words.of(l) ?? l} (${l})` }))}
        value={values.default_language as string}
        onChange={(v) => set({ default_language: v })}
        error={faultAt(faults, '/default_language')}
      />
    </>
  );
}

type Hours = { from: string; to: string } | null;

function Quiet({ label, value, onChange }: { label: string; value: Hours; onChange: (v: Hours) => void }) {
  const { t } = useTranslation();
  return (
    <div>
      <Switch
        label={label}
        checked={value !== null}
        onChange={(e) => onChange(e.currentTarget.checked ? { from: '21:00', to: '08:00' } : null)}
      />
      {value && (
        <SimpleGrid cols={2} maw={320} mt="xs">
          <TimeInput
            label={t('settings.from')}
            aria-label={`${label}: ${t('settings.from')}`}
            value={value.from}
            onChange={(e) => onChange({ ...value, from: e.currentTarget.value })}
          />
          <TimeInput
            label={t('settings.to')}
            aria-label={`${label}: ${t('settings.to')}`}
            value={value.to}
            onChange={(e) => onChange({ ...value, to: e.currentTarget.value })}
          />
        </SimpleGrid>
      )}
    </div>
  );
}

/** What the operator of the installation allows; shown, not changed here. */
function Limits({ limits: l }: { limits: Business['limits'] }) {
  const { t } = useTranslation();
  const n = (x: number | null | undefined) =>
    x === null || x === undefined ? t('settings.unlimited') : String(x);
  return (
    <div>
      <Text fw={550} size="sm" mb={5}>
        {t('settings.limits')}
      </Text>
      <Pairs
        of={[
          [t('settings.emailsPerDay'), n(l.emails_per_day)],
          [t('settings.smsPerMonth'), n(l.sms_segments_per_month)],
          [t('settings.webhooksPerMinute'), n(l.webhooks_per_minute)],
          [t('settings.smsCountries'), l.sms_countries?.join(', ') || t('settings.all')],
        ]}
      />
    </div>
  );
}
