import { Anchor, Badge, Grid, Group, Stack, Tabs, Text } from '@mantine/core';
import { Link, useParams } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { $api } from '@/api/client';
import { Page } from '@/app/Page';
import { Pairs } from '@/components/Bits';
import { Panel, Trouble, Waiting } from '@/components/Panel';
import { useAddress } from '@/lib/address';
import { usePages } from '@/lib/lists';
import { money } from '@/lib/money';
import { dayAndTime, exactly, timeOf } from '@/lib/time';
import { fullName, named, useBusiness, zoneOf } from '@/lib/use-business';
import { BookingActs } from './BookingActs';
import { Explain, inShort } from './Explain';
import type { Booking, Payment } from './parts';
import { Timeline } from './Timeline';

export function BookingPage() {
  const { t, i18n } = useTranslation();
  const { id } = useParams({ strict: false }) as { id: string };
  const { zone } = useBusiness();
  const {
    data: b,
    error,
    isPending,
    refetch,
  } = $api.useQuery('get', '/v1/bookings/{id}', { params: { path: { id } } });
  const [search, set] = useAddress();
  if (error)
    return (
      <Page title={t('bookings.one')}>
        <Trouble error={error} retry={refetch} />
      </Page>
    );
  if (isPending || !b)
    return (
      <Page title={t('bookings.one')}>
        <Panel>
          <Waiting rows={8} />
        </Panel>
      </Page>
    );
  const z = zoneOf(b, zone);
  const tab = search.tab === 'why' ? 'why' : 'timeline';
  return (
    <Page
      wide
      title={`${named(b.service, i18n.language)} · ${fullName(b.customer) || t('bookings.erased')}`}
      lead={`${dayAndTime(b.start, i18n.language, z)}–${timeOf(b.end, z)} · ${b.reference}`}
    >
      <Anchor
        renderRoot={(p) => <Link {...p} to="/bookings" />}
        size="sm"
        mt={-14}
        mb="md"
        display="inline-block"
      >
        ← {t('bookings.title')}
      </Anchor>
      <Grid gap="lg">
        <Grid.Col span={{ base: 12, md: 5, lg: 4 }}>
          <Stack gap="lg">
            <BookingActs booking={b} zone={z} />
            <Facts booking={b} zone={z} />
            <Payments id={b.id} zone={z} />
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 7, lg: 8 }}>
          <Panel pad>
            <Tabs
              value={tab}
              onChange={(v) => set({ tab: v === 'why' ? 'why' : undefined })}
              keepMounted={false}
            >
              <Tabs.List mb="sm">
                <Tabs.Tab value="timeline">{t('bookings.timeline')}</Tabs.Tab>
                <Tabs.Tab value="why">{t('bookings.why')}</Tabs.Tab>
              </Tabs.List>
              <Tabs.Panel value="timeline">
                <Timeline id={b.id} lang={i18n.language} />
              </Tabs.Panel>
              <Tabs.Panel value="why">
                <Text size="sm" c="dimmed" mb="sm">
                  {t('bookings.whyLead')}
                </Text>
                <Explain id={b.id} zone={z} />
              </Tabs.Panel>
            </Tabs>
          </Panel>
        </Grid.Col>
      </Grid>
    </Page>
  );
}

function Facts({ booking: b, zone }: { booking: Booking; zone: string }) {
  const { t, i18n } = useTranslation();
  const names = new Intl.DisplayNames(i18n.language, { type: 'language' });
  const answers = Object.entries(b.answers ?? {});
  return (
    <Panel pad>
      <Pairs
        of={[
          [
            t('bookings.customer'),
            b.customer ? (
              <Anchor
                key="c"
                renderRoot={(p) => <Link {...p} to="/customers/$id" params={{ id: b.customer?.id ?? '' }} />}
              >
                {fullName(b.customer) || b.customer.id}
              </Anchor>
            ) : (
              t('bookings.erased')
            ),
          ],
          [t('bookings.email'), b.customer?.email ?? '–'],
          [t('bookings.phone'), b.customer?.phone ?? '–'],
          [t('bookings.service'), named(b.service, i18n.language)],
          [t('bookings.location'), b.location?.name ?? '–'],
          [t('bookings.resource'), b.resource?.name ?? '–'],
          ...(b.extras.length
            ? [
                [t('bookings.extras'), b.extras.map((e) => `${e.quantity} × ${e.name}`).join(', ')] as [
                  string,
                  string,
                ],
              ]
            : []),
          [t('bookings.start'), exactly(b.start, i18n.language, zone)],
          [t('bookings.end'), exactly(b.end, i18n.language, zone)],
          [
            t('bookings.language'),
            b.language ? (names.of(b.language) ?? b.language) : t('bookings.customersOwn'),
          ],
          [t('bookings.automations'), t(`bookings.automationsWord.${b.automations}`)],
          ...(b.customer_confirmed_at
            ? [
                [t('bookings.confirmed'), exactly(b.customer_confirmed_at, i18n.language, zone)] as [
                  string,
                  string,
                ],
              ]
            : []),
          ...(b.notes ? [[t('bookings.notes'), b.notes] as [string, string]] : []),
          ...answers.map(([k, v]) => [k, inShort(v, t)] as [string, string]),
          [t('bookings.source'), t(`bookings.sources.${b.source}`)],
          ...(b.external_id ? [[t('common.externalId'), b.external_id] as [string, string]] : []),
        ]}
      />
    </Panel>
  );
}

function Payments({ id, zone }: { id: string; zone: string }) {
  const { t, i18n } = useTranslation();
  const { rows } = usePages<Payment>('/v1/payments', { booking_id: id });
  if (rows.length === 0) return null;
  return (
    <Panel pad>
      <Text fw={600} size="sm" mb="xs">
        {t('bookings.payments')}
      </Text>
      <Stack gap={8}>
        {rows.map((p) => (
          <Group key={p.id} justify="space-between" wrap="nowrap">
            <Text size="sm">
              {dayAndTime(p.completed_at ?? p.created_at, i18n.language, zone)}
              {p.method ? ` · ${p.method === 'manual' ? t('bookings.manual') : p.method}` : ''}
            </Text>
            <Group gap="xs" wrap="nowrap">
              <Text size="sm" className="num">
                {money({ amount: p.amount, currency: p.currency }, i18n.language)}
              </Text>
              <Badge
                className="tone"
                data-tone={p.status === 'completed' ? 'ok' : p.status === 'failed' ? 'bad' : 'off'}
              >
                {t(`bookings.paymentStates.${p.status}`)}
              </Badge>
            </Group>
          </Group>
        ))}
      </Stack>
    </Panel>
  );
}
