import { Button, CopyButton, Group, Modal, Stack, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import classes from './settings.module.css';

export type Shown = { title: string; text: string; secrets: [label: string, value: string][] };

/** A secret, shown this once: it closes only by the button. */
export function Secret({ shown, onClose }: { shown: Shown | null; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Modal
      opened={shown !== null}
      onClose={onClose}
      title={shown?.title}
      closeOnClickOutside={false}
      closeOnEscape={false}
      withCloseButton={false}
      centered
      size="lg"
    >
      <Stack gap="md">
        <Text size="sm">{shown?.text}</Text>
        {shown?.secrets.map(([label, value]) => (
          <div key={label}>
            <Text size="sm" fw={550} mb={4}>
              {label}
            </Text>
            <Group gap="xs" wrap="nowrap" align="stretch">
              <code className={classes.secret} style={{ flex: 1 }}>
                {value}
              </code>
              <CopyButton value={value}>
                {({ copied, copy }) => (
                  <Button variant="default" onClick={copy} h="auto">
                    {t(copied ? 'settings.copied' : 'settings.copy')}
                  </Button>
                )}
              </CopyButton>
            </Group>
          </div>
        ))}
        <Group justify="flex-end">
          <Button onClick={onClose}>{t('settings.keptIt')}</Button>
        </Group>
      </Stack>
    </Modal>
  );
}
