import { Anchor, Button, PasswordInput, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { chooseBusiness, type Role, sessionCall, useSignedIn } from '@/api/session';
import { inWords, useAct } from '@/lib/act';
import { faultAt, type Problem } from '@/lib/problem';
import { EntryCard } from './EntryCard';

/** The token stands after `#`: no server and no `Referer` sees it but in the one call that uses it. */
const useToken = () => useState(() => location.hash.slice(1))[0];

/** One sentence for what no field says; a code that is asked for is a field. */
function useFault() {
  const { t } = useTranslation();
  return (p: Problem | null | undefined) => {
    if (!p || p.code === 'code_needed' || p.errors?.length) return null;
    return p.code === 'bad_link' ? t('people.oldLink') : inWords(t, p);
  };
}

function NewPassword({ value, set, error }: { value: string; set: (v: string) => void; error?: ReactNode }) {
  const { t } = useTranslation();
  return (
    <PasswordInput
      label={t('people.password')}
      description={t('people.passwordHint')}
      autoComplete="new-password"
      value={value}
      onChange={(e) => set(e.currentTarget.value)}
      error={error}
      visibilityToggleButtonProps={{ 'aria-label': t('people.showPassword') }}
    />
  );
}

type Invited = { business: string; name: string; email: string; role: Role };
/** Somebody who was invited says who they are and comes in. */
export function InvitationPage() {
  const { t } = useTranslation();
  const fault = useFault();
  const token = useToken();
  const [name, setName] = useState<string | null>(null);
  const [password, setPassword] = useState('');
  const act = useAct();
  const signedIn = useSignedIn();
  const navigate = useNavigate();
  const invited = useQuery({
    queryKey: ['invitation', token],
    queryFn: () => sessionCall<Invited>('GET', `session/invitation?token=${encodeURIComponent(token)}`),
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const who = name ?? invited.data?.name ?? '';
  const go = async () => {
    const body = { token, name: who, password };
    const answer = await act.run(() => sessionCall('POST', 'session/invitation', body), { quiet: true });
    if (!answer?.ok) return;
    history.replaceState(null, '', location.pathname);
    const joined = answer.value.businesses.find((b) => b.name === invited.data?.business);
    if (joined) chooseBusiness(joined.slug);
    signedIn(answer.value);
    navigate({ to: '/' });
  };
  const problem = act.problem ?? (invited.error as Problem | null);
  return (
    <EntryCard
      title={t('people.join')}
      lead={
        invited.data &&
        t('people.joinLead', {
          business: invited.data.business,
          email: invited.data.email,
          role: t(`people.roles.${invited.data.role}`),
        })
      }
      fault={fault(problem)}
      go={go}
    >
      {invited.data && (
        <>
          <TextInput
            label={t('people.name')}
            autoComplete="name"
            value={who}
            onChange={(e) => setName(e.currentTarget.value)}
            error={faultAt(act.faults, '/name')}
          />
          <NewPassword value={password} set={setPassword} error={faultAt(act.faults, '/password')} />
          <Button type="submit" loading={act.busy} disabled={!who.trim() || !password}>
            {t('people.joinGo')}
          </Button>
        </>
      )}
    </EntryCard>
  );
}

/** Without a link: asks for one. With it: a new password. */
export function ResetPage() {
  return useToken() ? <SetPassword /> : <AskReset />;
}

function AskReset() {
  const { t } = useTranslation();
  const fault = useFault();
  const [email, setEmail] = useState('');
  const [asked, setAsked] = useState(false);
  const act = useAct();
  const go = async () => {
    const answer = await act.run(() => sessionCall('POST', 'session/reset', { email }), { quiet: true });
    if (answer?.ok) setAsked(true);
  };
  return (
    <EntryCard
      title={t('people.forgot')}
      lead={t(asked ? 'people.resetAsked' : 'people.resetLead')}
      fault={fault(act.problem)}
      go={go}
    >
      {!asked && (
        <>
          <TextInput
            label={t('people.email')}
            type="email"
            autoComplete="username"
            value={email}
            onChange={(e) => setEmail(e.currentTarget.value)}
            error={faultAt(act.faults, '/email')}
          />
          <Button type="submit" loading={act.busy} disabled={!email.trim()}>
            {t('people.resetGo')}
          </Button>
        </>
      )}
      <Anchor component={Link} to="/sign-in" size="sm">
        {t('people.signIn')}
      </Anchor>
    </EntryCard>
  );
}

function SetPassword() {
  const { t } = useTranslation();
  const fault = useFault();
  const token = useToken();
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const act = useAct();
  const signedIn = useSignedIn();
  const navigate = useNavigate();
  const needsCode = act.problem?.code === 'code_needed' || code !== '';
  const go = async () => {
    const body = { token, password, ...(code && { code }) };
    const answer = await act.run(() => sessionCall('POST', 'session/password', body), { quiet: true });
    if (!answer?.ok) return;
    history.replaceState(null, '', location.pathname);
    signedIn(answer.value);
    navigate({ to: '/' });
  };
  return (
    <EntryCard
      title={t('people.newPassword')}
      lead={t('people.newPasswordLead')}
      fault={fault(act.problem)}
      go={go}
    >
      <NewPassword value={password} set={setPassword} error={faultAt(act.faults, '/password')} />
      {needsCode && (
        <TextInput
          label={t('people.code')}
          description={t('people.codeHint')}
          autoComplete="one-time-code"
          value={code}
          onChange={(e) => setCode(e.currentTarget.value)}
        />
      )}
      <Button type="submit" loading={act.busy} disabled={!password}>
        {t('people.newPasswordGo')}
      </Button>
    </EntryCard>
  );
}
