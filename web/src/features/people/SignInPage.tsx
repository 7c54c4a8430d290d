import { Anchor, Button, PasswordInput, TextInput } from '@mantine/core';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { sessionCall, useSignedIn } from '@/api/session';
import { inWords, useAct } from '@/lib/act';
import { useAddress } from '@/lib/address';
import { EntryCard } from './EntryCard';

/** E-mail and password; the code of the authenticator app is asked for when the account has one. */
export function SignInPage() {
  const { t } = useTranslation();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [search] = useAddress();
  const act = useAct();
  const signedIn = useSignedIn();
  const navigate = useNavigate();
  const needsCode = act.problem?.code === 'code_needed' || code !== '';
  const go = async () => {
    const body = { email, password, ...(code && { code }) };
    const answer = await act.run(() => sessionCall('POST', 'session', body), { quiet: true });
    if (!answer?.ok) return;
    signedIn(answer.value);
    // Only a path of this app is followed, never an address of somewhere else.
    const next = search.next?.startsWith('/') && !search.next.startsWith('//') ? search.next : '/';
    navigate({ to: next as '/' });
  };
  const p = act.problem;
  const words = () => {
    if (!p || p.code === 'code_needed') return null;
    if (p.code === 'sign_in_failed' || p.status === 401) return t('people.failed');
    return inWords(t, p);
  };
  return (
    <EntryCard title={t('people.signIn')} fault={words()} go={go}>
      <TextInput
        label={t('people.email')}
        type="email"
        autoComplete="username"
        value={email}
        onChange={(e) => setEmail(e.currentTarget.value)}
        autoFocus
      />
      <PasswordInput
        label={t('people.password')}
        autoComplete="current-password"
        value={password}
        onChange={(e) => setPassword(e.currentTarget.value)}
        visibilityToggleButtonProps={{ 'aria-label': t('people.showPassword') }}
      />
      {needsCode && (
        <TextInput
          label={t('people.code')}
          description={t('people.codeHint')}
          autoComplete="one-time-code"
          value={code}
          onChange={(e) => setCode(e.currentTarget.value)}
          autoFocus
        />
      )}
      <Button type="submit" loading={act.busy} disabled={!email || !password} fullWidth>
        {t('people.signIn')}
      </Button>
      <Anchor component={Link} to="/reset" size="sm">
        {t('people.forgot')}
      </Anchor>
    </EntryCard>
  );
}
