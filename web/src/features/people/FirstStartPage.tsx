import { Button, PasswordInput, Select, TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { chooseBusiness, sessionCall, useSession, useSignedIn } from '@/api/session';
import { languages } from '@/i18n';
import { inWords, useAct } from '@/lib/act';
import { faultAt } from '@/lib/problem';
import { EntryCard } from './EntryCard';

/** The first person of an installation, by the one-time link that the server prints; then their business. */
export function FirstStartPage() {
  const { session } = useSession();
  return session ? <BusinessForm /> : <OwnerForm />;
}

function OwnerForm() {
  const { t, i18n } = useTranslation();
  const [token] = useState(() => location.hash.slice(1));
  const [form, setForm] = useState({ name: '', email: '', password: '' });
  const act = useAct();
  const signedIn = useSignedIn();
  const go = async () => {
    const answer = await act.run(
      () => sessionCall('POST', 'session/first-start', { token, ...form, language: i18n.language }),
      { quiet: true },
    );
    if (!answer?.ok) return;
    history.replaceState(null, '', location.pathname);
    signedIn(answer.value);
  };
  const words = () => {
    const p = act.problem;
    if (!p || p.errors?.length) return null;
    if (p.code === 'bad_link') return t('people.badLink');
    return p.code === 'owner_exists' ? t('people.ownerExists') : inWords(t, p);
  };
  const set = (patch: Partial<typeof form>) => setForm((f) => ({ ...f, ...patch }));
  return (
    <EntryCard
      title={t('people.welcome')}
      lead={t(token ? 'people.ownerLead' : 'people.needsLink')}
      fault={words()}
      go={go}
    >
      <TextInput
        label={t('people.name')}
        autoComplete="name"
        value={form.name}
        onChange={(e) => set({ name: e.currentTarget.value })}
        error={faultAt(act.faults, '/name')}
        autoFocus
      />
      <TextInput
        label={t('people.email')}
        type="email"
        autoComplete="username"
        value={form.email}
        onChange={(e) => set({ email: e.currentTarget.value })}
        error={faultAt(act.faults, '/email')}
      />
      <PasswordInput
        label={t('people.password')}
        description={t('people.passwordHint')}
        autoComplete="new-password"
        value={form.password}
        onChange={(e) => set({ password: e.currentTarget.value })}
        error={faultAt(act.faults, '/password')}
        visibilityToggleButtonProps={{ 'aria-label': t('people.showPassword') }}
      />
      <Button
        type="submit"
        loading={act.busy}
        disabled={!token || !form.name || !form.email || !form.password}
      >
        {t('people.makeOwner')}
      </Button>
    </EntryCard>
  );
}

/** What an address may be made of a name: `Nordlys Frisør & Co` → `nordlys-frisor-co`. */
export const slugOf = (name: string) =>
  name
    .toLowerCase()
    .replace(/æ/g, 'ae')
    .replace(/ø/g, 'o')
    .normalize('NFD')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60)
    .replace(/-+$/g, '');

function BusinessForm() {
  const { t, i18n } = useTranslation();
  const [name, setName] = useState('');
  const [zone, setZone] = useState(Intl.DateTimeFormat().resolvedOptions().timeZone);
  const act = useAct();
  const { refetch } = useSession();
  const navigate = useNavigate();
  const go = async () => {
    const body = {
      slug: slugOf(name),
      name,
      time_zone: zone,
      languages: [i18n.language, ...languages.filter((l) => l !== i18n.language)],
      currency: 'NOK',
      country: 'NO',
    };
    const answer = await act.run(
      (headers) => sessionCall<{ slug: string }>('POST', 'businesses', body, headers),
      { of: body, quiet: true },
    );
    if (!answer?.ok) return;
    chooseBusiness(answer.value.slug);
    await refetch();
    navigate({ to: '/' });
  };
  return (
    <EntryCard
      title={t('people.businessTitle')}
      lead={t('people.businessLead')}
      fault={act.problem && !act.faults.length ? inWords(t, act.problem) : null}
      go={go}
    >
      <TextInput
        label={t('people.businessName')}
        value={name}
        onChange={(e) => setName(e.currentTarget.value)}
        error={faultAt(act.faults, '/name') ?? faultAt(act.faults, '/slug')}
        autoFocus
      />
      <Select
        label={t('people.zone')}
        data={Intl.supportedValuesOf('timeZone')}
        value={zone}
        onChange={(v) => v && setZone(v)}
        searchable
        error={faultAt(act.faults, '/time_zone')}
      />
      <Button type="submit" loading={act.busy} disabled={!slugOf(name)}>
        {t('people.makeBusiness')}
      </Button>
    </EntryCard>
  );
}
