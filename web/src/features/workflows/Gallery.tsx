import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { $api } from '@/api/client';
import { Tile } from '@/components/Bits';
import { Trouble, Waiting } from '@/components/Panel';
import classes from './list.module.css';

/** Ready-made workflows, or an empty one. What is picked opens as a draft; nothing is saved yet. */
export function Gallery({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t, i18n } = useTranslation();
  const { data, error, refetch } = $api.useQuery('get', '/v1/workflow-templates', {}, { enabled: opened });
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      size="lg"
      title={t('workflows.gallery')}
      closeButtonProps={{ 'aria-label': t('common.close') }}
    >
      <Stack gap={8}>
        <Button
          variant="default"
          renderRoot={(p) => <Link {...p} to="/workflows/$id" params={{ id: 'new' }} />}
        >
          {t('workflows.blank')}
        </Button>
        {error ? <Trouble error={error} retry={refetch} /> : !data && <Waiting rows={4} />}
        {data?.data.map((x) => (
          <Link
            key={x.id}
            to="/workflows/$id"
            params={{ id: 'new' }}
            search={{ template: x.id } as never}
            className={classes.template}
          >
            <Group justify="space-between" wrap="nowrap">
              <Text size="sm" fw={550}>
                {x.name[i18n.language as 'nb']}
              </Text>
              <Group gap={6} wrap="nowrap">
                {[...new Set(x.workflow.actions.map((a) => a.type))].map((k) => (
                  <Tile key={k} kind={k} />
                ))}
              </Group>
            </Group>
          </Link>
        ))}
      </Stack>
    </Modal>
  );
}
