import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

type Props = {
  opened: boolean;
  title: string;
  children: ReactNode;
  yes: string;
  danger?: boolean;
  busy?: boolean;
  onYes: () => void;
  onNo: () => void;
};

/** Asks before an act that cannot be taken back, and says what it will do. */
export function Confirm({ opened, title, children, yes, danger, busy, onYes, onNo }: Props) {
  const { t } = useTranslation();
  return (
    <Modal
      opened={opened}
      onClose={onNo}
      title={title}
      centered
      closeButtonProps={{ 'aria-label': t('common.close') }}
    >
      <Stack gap="md">
        <Text size="sm" component="div" style={{ overflowWrap: 'anywhere' }}>
          {children}
        </Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={onNo} data-autofocus>
            {t('common.cancel')}
          </Button>
          <Button
            className={danger ? 'danger' : undefined}
            color={danger ? 'red.8' : undefined}
            loading={busy}
            onClick={onYes}
          >
            {yes}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
