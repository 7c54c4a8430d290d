import { Alert, Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './people.module.css';

type Props = { title: string; lead?: string; fault?: string | null; go: () => void; children: ReactNode };

/** The one form of a page on the way in: what it is for, what went wrong, its fields. */
export function EntryCard({ title, lead, fault, go, children }: Props) {
  return (
    <main className={classes.page}>
      <form
        className={classes.card}
        noValidate
        onSubmit={(e) => {
          e.preventDefault();
          go();
        }}
      >
        <img src="/favicon.svg" width={40} height={40} alt="" />
        <Title order={1}>{title}</Title>
        {lead && (
          <Text c="dimmed" size="sm">
            {lead}
          </Text>
        )}
        <Stack gap="md">
          {fault && (
            <Alert color="red" variant="light" role="alert">
              <Text size="sm" c="var(--text)">
                {fault}
              </Text>
            </Alert>
          )}
          {children}
        </Stack>
      </form>
    </main>
  );
}
