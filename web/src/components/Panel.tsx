import { Alert, Button, Center, Group, Loader, Skeleton, Stack } from '@mantine/core';
import { IconPlugConnectedX } from '@tabler/icons-react';
import { type ReactNode, useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { inWords } from '@/lib/act';
import { problemOf } from '@/lib/problem';
import classes from './panel.module.css';

/** A card with a hairline: the ground of lists and forms. */
export function Panel({ children, pad }: { children: ReactNode; pad?: boolean }) {
  return (
    <div className={classes.panel} data-pad={pad || undefined}>
      {children}
    </div>
  );
}

/** A list that could not be read: said in words, with a way on. */
export function Trouble({ error, retry }: { error: unknown; retry?: () => void }) {
  const { t } = useTranslation();
  return (
    <Alert
      icon={<IconPlugConnectedX size={18} />}
      color="red"
      variant="light"
      title={t('common.trouble')}
      className={classes.trouble}
    >
      <Group justify="space-between">
        <span>{inWords(t, problemOf(error))}</span>
        {retry && (
          <Button size="xs" variant="default" onClick={retry}>
            {t('common.retry')}
          </Button>
        )}
      </Group>
    </Alert>
  );
}

export function Waiting({ rows = 6 }: { rows?: number }) {
  const { t } = useTranslation();
  return (
    <Stack gap="sm" p="md" role="status" aria-label={t('common.loading')}>
      {Array.from({ length: rows }, (_, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: grey bars have no identity
        <Skeleton key={i} height={22} radius="sm" />
      ))}
    </Stack>
  );
}

type MoreProps = { more: boolean; busy: boolean; next: () => void };

/** The foot of a list: reads on by itself when it comes near, and has a button for the keyboard. */
export function More({ more, busy, next }: MoreProps) {
  const { t } = useTranslation();
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const foot = ref.current;
    if (!foot || !more || busy) return;
    const eye = new IntersectionObserver((seen) => seen.some((e) => e.isIntersecting) && next(), {
      rootMargin: '600px',
    });
    eye.observe(foot);
    return () => eye.disconnect();
  }, [more, busy, next]);
  if (!more) return null;
  return (
    <Center p="md" ref={ref}>
      {busy ? (
        <Loader size="sm" aria-label={t('common.loading')} />
      ) : (
        <Button variant="subtle" onClick={next}>
          {t('common.more')}
        </Button>
      )}
    </Center>
  );
}
