import {
  ActionIcon,
  AppShell,
  Avatar,
  Burger,
  Group,
  Kbd,
  Menu,
  NavLink,
  ScrollArea,
  Text,
  UnstyledButton,
  useComputedColorScheme,
  useMantineColorScheme,
} from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Spotlight, spotlight } from '@mantine/spotlight';
import {
  type Icon,
  IconBuildingStore,
  IconCalendarEvent,
  IconLanguage,
  IconLogout,
  IconMail,
  IconMoon,
  IconRoute,
  IconSearch,
  IconSettings,
  IconSun,
  IconUsers,
} from '@tabler/icons-react';
import { Link, Outlet, useNavigate, useRouterState } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { chooseBusiness, sessionCall, useSession, useSignedIn } from '@/api/session';
import { languages, setLanguage, type UiLanguage } from '@/i18n';
import { useLive } from './live';
import classes from './Shell.module.css';

type Entry = {
  to: '/' | '/workflows' | '/bookings' | '/messages' | '/customers' | '/settings';
  label: 'today' | 'workflows' | 'bookings' | 'messages' | 'customers' | 'setup';
  icon: Icon;
};
const sections: { label: 'booking' | 'automation'; entries: Entry[] }[] = [
  {
    label: 'automation',
    entries: [
      { to: '/', label: 'today', icon: IconSun },
      { to: '/workflows', label: 'workflows', icon: IconRoute },
      { to: '/messages', label: 'messages', icon: IconMail },
    ],
  },
  {
    label: 'booking',
    entries: [
      { to: '/bookings', label: 'bookings', icon: IconCalendarEvent },
      { to: '/customers', label: 'customers', icon: IconUsers },
      { to: '/settings', label: 'setup', icon: IconSettings },
    ],
  },
];

export function Shell({ empty }: { empty?: string }) {
  useLive(!empty);
  const { t } = useTranslation();
  const [opened, menu] = useDisclosure();
  const path = useRouterState({ select: (s) => s.location.pathname });
  const navigate = useNavigate();
  return (
    <AppShell
      header={{ height: { base: 52, md: 0 } }}
      navbar={{ width: 236, breakpoint: 'md', collapsed: { mobile: !opened } }}
      withBorder={false}
      classNames={{ navbar: classes.navbar, main: classes.main, header: classes.header }}
    >
      <a className="skip-link" href="#main">
        {t('app.skip')}
      </a>
      <AppShell.Header hiddenFrom="md">
        <Group h="100%" px="md" gap="sm">
          <Burger
            opened={opened}
            onClick={menu.toggle}
            size="sm"
            aria-label={t('app.menu')}
            aria-expanded={opened}
          />
          <Brand />
        </Group>
      </AppShell.Header>
      <AppShell.Navbar aria-label={t('app.menu')}>
        <AppShell.Section className={classes.top} visibleFrom="md">
          <Brand />
        </AppShell.Section>
        <AppShell.Section px="sm" pt="sm">
          <UnstyledButton className={classes.search} onClick={spotlight.open}>
            <IconSearch size={16} stroke={1.8} />
            <span>{t('app.search')}</span>
            <Kbd size="xs">⌘K</Kbd>
          </UnstyledButton>
        </AppShell.Section>
        <AppShell.Section grow component={ScrollArea} px="sm" type="never">
          {sections.map((s) => (
            <div key={s.label} className={classes.section}>
              <Text className={classes.sectionLabel}>{t(`nav.${s.label}`)}</Text>
              {s.entries.map((e) => {
                const here = e.to === '/' ? path === '/' : path.startsWith(e.to);
                return (
                  <NavLink
                    key={e.label}
                    renderRoot={(props) => <Link {...props} to={e.to} />}
                    active={here}
                    aria-current={here ? 'page' : undefined}
                    className={classes.link}
                    label={t(`nav.${e.label}`)}
                    leftSection={<e.icon size={18} stroke={1.7} />}
                    onClick={menu.close}
                  />
                );
              })}
            </div>
          ))}
        </AppShell.Section>
        <AppShell.Section className={classes.foot}>
          <Me />
          <Preferences />
        </AppShell.Section>
      </AppShell.Navbar>
      <AppShell.Main id="main" tabIndex={-1}>
        {empty ? (
          <Text p="xl" c="dimmed">
            {empty}
          </Text>
        ) : (
          <Outlet />
        )}
      </AppShell.Main>
      <Spotlight
        actions={sections.flatMap((s) =>
          s.entries.map((e) => ({
            id: e.label,
            label: t(`nav.${e.label}`),
            leftSection: <e.icon size={18} />,
            onClick: () => navigate({ to: e.to }),
          })),
        )}
        searchProps={{
          placeholder: t('app.search'),
          'aria-label': t('app.search'),
          leftSection: <IconSearch size={18} />,
        }}
        nothingFound={t('common.noHits')}
        shortcut={['mod + K']}
      />
    </AppShell>
  );
}

function Brand() {
  const { t } = useTranslation();
  return (
    <Group gap={10}>
      <img src="/favicon.svg" width={26} height={26} alt="" />
      <Text fw={700} fz={17} style={{ letterSpacing: '-0.02em' }}>
        {t('app.name')}
      </Text>
    </Group>
  );
}

function Me() {
  const { session, business } = useSession();
  return (
    <Group gap={10} wrap="nowrap" style={{ flex: 1, minWidth: 0 }}>
      <Avatar size={30} radius="xl" color="brand" name={session?.user.name} aria-hidden />
      <div style={{ minWidth: 0 }}>
        <Text size="sm" fw={550} lh={1.25} truncate dir="auto">
          {session?.user.name}
        </Text>
        <Text size="xs" c="dimmed" lh={1.3} truncate dir="auto">
          {business?.name}
        </Text>
      </div>
    </Group>
  );
}

function Preferences() {
  const { session, business } = useSession();
  const signedIn = useSignedIn();
  const signOut = async () => {
    await sessionCall('DELETE', 'session').catch(() => undefined);
    signedIn(null);
  };
  const { t, i18n } = useTranslation();
  const { setColorScheme } = useMantineColorScheme();
  const dark = useComputedColorScheme('light') === 'dark';
  return (
    <Menu position="top-end">
      <Menu.Target>
        <ActionIcon aria-label={t('nav.settings')}>
          <IconSettings size={18} stroke={1.7} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item
          leftSection={dark ? <IconSun size={16} /> : <IconMoon size={16} />}
          onClick={() => setColorScheme(dark ? 'light' : 'dark')}
        >
          {t(dark ? 'nav.light' : 'nav.dark')}
        </Menu.Item>
        <Menu.Divider />
        {languages.map((l: UiLanguage) => (
          <Menu.Item
            key={l}
            leftSection={<IconLanguage size={16} />}
            disabled={i18n.language === l}
            onClick={() => setLanguage(l)}
          >
            {t(`langs.${l}`)}
          </Menu.Item>
        ))}
        {(session?.businesses.length ?? 0) > 1 && (
          <>
            <Menu.Divider />
            <Menu.Label>{t('people.switch')}</Menu.Label>
            {session?.businesses.map((b) => (
              <Menu.Item
                key={b.id}
                leftSection={<IconBuildingStore size={16} />}
                disabled={b.slug === business?.slug}
                onClick={() => chooseBusiness(b.slug)}
              >
                {b.name}
              </Menu.Item>
            ))}
          </>
        )}
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={signOut}>
          {t('people.signOut')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
