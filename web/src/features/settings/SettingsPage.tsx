import { NavLink, Select } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { Page } from '@/app/Page';
import { Waiting } from '@/components/Panel';
import { useMay } from '@/lib/role';
import { BusinessForm, type BusinessPart } from './BusinessForms';
import { Catalogue } from './Catalogue';
import classes from './settings.module.css';
import { type CatalogueName, useSpec } from './specs';

const Channels = lazy(() => import('./Channels').then((m) => ({ default: m.Channels })));
const ApiKeys = lazy(() => import('./ApiKeys').then((m) => ({ default: m.ApiKeys })));
const Endpoints = lazy(() => import('./Endpoints').then((m) => ({ default: m.Endpoints })));
const Inbound = lazy(() => import('./Inbound').then((m) => ({ default: m.Inbound })));
const Suppressions = lazy(() => import('./Suppressions').then((m) => ({ default: m.Suppressions })));
const Users = lazy(() => import('./Users').then((m) => ({ default: m.Users })));
const Account = lazy(() => import('./Account').then((m) => ({ default: m.Account })));
const Audit = lazy(() => import('./Audit').then((m) => ({ default: m.Audit })));

const catalogue = ['services', 'locations', 'resources', 'extras', 'statuses'] as const;
const ofBusiness = ['business', 'brand', 'sending', 'retention'] as const;
const groups = [
  { label: 'offer', parts: catalogue },
  { label: 'own', parts: ofBusiness },
  { label: 'connections', parts: ['channels', 'suppressions', 'inbound', 'endpoints', 'keys'] },
  { label: 'people', parts: ['users', 'account', 'audit'] },
] as const;
type Part = (typeof groups)[number]['parts'][number];
const all: readonly Part[] = groups.flatMap((g) => g.parts as readonly Part[]);

/** What one has to be allowed to see a part at all; the rest is for everybody who is signed in. */
const needs: Partial<Record<Part, string>> = { keys: 'keys:read', users: 'users' };

export function SettingsPage() {
  const { t } = useTranslation();
  const { part: asked } = useParams({ strict: false }) as { part?: string };
  const may = useMay();
  const navigate = useNavigate();
  const phone = useMediaQuery('(max-width: 62em)') ?? false;
  const sees = (p: Part) => !needs[p] || may(needs[p]);
  const part = all.find((p) => p === asked && sees(p)) ?? 'services';
  const title = (p: Part) => t(`settings.parts.${p}`);
  return (
    <Page title={title(part)} lead={t(`settings.leads.${part}`)} wide>
      <div className={classes.layout}>
        {phone ? (
          <Select
            aria-label={t('settings.title')}
            value={part}
            onChange={(v) => v && navigate({ to: '/settings/$part', params: { part: v } })}
            data={groups.map((g) => ({
              group: t(`settings.groups.${g.label}`),
              items: (g.parts as readonly Part[]).filter(sees).map((p) => ({ value: p, label: title(p) })),
            }))}
          />
        ) : (
          <nav aria-label={t('settings.title')} className={classes.nav}>
            {groups.map((g) => (
              <div key={g.label}>
                <p className={classes.group}>{t(`settings.groups.${g.label}`)}</p>
                {(g.parts as readonly Part[]).filter(sees).map((p) => (
                  <NavLink
                    key={p}
                    className={classes.link}
                    label={title(p)}
                    active={p === part}
                    aria-current={p === part ? 'page' : undefined}
                    renderRoot={(props) => <Link {...props} to="/settings/$part" params={{ part: p }} />}
                  />
                ))}
              </div>
            ))}
          </nav>
        )}
        <div style={{ minWidth: 0 }}>
          <Suspense fallback={<Waiting />}>
            <Body part={part} />
          </Suspense>
        </div>
      </div>
    </Page>
  );
}

function CataloguePart({ name }: { name: CatalogueName }) {
  return <Catalogue spec={useSpec(name)} />;
}

function Body({ part }: { part: Part }) {
  if ((catalogue as readonly string[]).includes(part))
    return <CataloguePart key={part} name={part as CatalogueName} />;
  if ((ofBusiness as readonly string[]).includes(part)) return <BusinessForm part={part as BusinessPart} />;
  switch (part) {
    case 'channels':
      return <Channels />;
    case 'suppressions':
      return <Suppressions />;
    case 'inbound':
      return <Inbound />;
    case 'endpoints':
      return <Endpoints />;
    case 'keys':
      return <ApiKeys />;
    case 'users':
      return <Users />;
    case 'account':
      return <Account />;
    default:
      return <Audit />;
  }
}
