import { ActionIcon, Menu, Switch } from '@mantine/core';
import {
  IconArrowDown,
  IconArrowUp,
  IconClockHour4,
  IconCopy,
  IconDots,
  IconFlag,
  IconHandStop,
  IconMail,
  IconMessage2,
  IconPencil,
  IconTag,
  IconTagOff,
  IconTrash,
  IconWebhook,
} from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { VariableItem } from '@/editor/suggestion';
import { ConditionEditor } from './ConditionEditor';
import { Faults } from './Faults';
import { EmailFields, SmsFields } from './MessageFields';
import type { Action } from './model';
import { OtherFields } from './OtherFields';
import { StepCard } from './StepCard';
import { WebhookFields } from './WebhookFields';

export const icons = {
  email: IconMail,
  sms: IconMessage2,
  webhook: IconWebhook,
  wait: IconClockHour4,
  stop_if: IconHandStop,
  set_status: IconFlag,
  set_field: IconPencil,
  add_tag: IconTag,
  remove_tag: IconTagOff,
} as const;

export type Pen = { lang: string; onLang: (l: string) => void; variables: VariableItem[]; at: string };
type Props = Pen & {
  action: Action;
  index: number;
  count: number;
  open: boolean;
  onToggle: () => void;
  onChange: (a: Action) => void;
  onMove: (by: number) => void;
  onCopy: () => void;
  onRemove: () => void;
};

export function ActionCard({
  action,
  index,
  count,
  open,
  onToggle,
  onChange,
  onMove,
  onCopy,
  onRemove,
  ...pen
}: Props) {
  const { t } = useTranslation();
  const name = t(`builder.actions.${action.type}`);
  const conditioned = action.type !== 'stop_if' && action.condition != null;
  const part = `${pen.at}/condition`;
  return (
    <StepCard
      kind={action.type}
      icon={icons[action.type]}
      title={action.enabled === false ? t('builder.offNamed', { name }) : name}
      summary={open ? undefined : summaryOf(action, pen.lang)}
      open={open}
      onToggle={onToggle}
      menu={
        <Menu position="bottom-end">
          <Menu.Target>
            <ActionIcon aria-label={t('builder.more', { name })} mr={10}>
              <IconDots size={18} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item
              leftSection={<IconArrowUp size={16} />}
              disabled={index === 0}
              onClick={() => onMove(-1)}
            >
              {t('builder.up')}
            </Menu.Item>
            <Menu.Item
              leftSection={<IconArrowDown size={16} />}
              disabled={index === count - 1}
              onClick={() => onMove(1)}
            >
              {t('builder.down')}
            </Menu.Item>
            <Menu.Item leftSection={<IconCopy size={16} />} onClick={onCopy}>
              {t('builder.copy')}
            </Menu.Item>
            {action.type !== 'stop_if' && !conditioned && (
              <Menu.Item
                leftSection={<IconHandStop size={16} />}
                onClick={() =>
                  onChange({
                    ...action,
                    condition: { all: [{ field: 'booking.status', op: 'eq', value: '' }] },
                  } as Action)
                }
              >
                {t('builder.ownCondition')}
              </Menu.Item>
            )}
            <Menu.Divider />
            <Menu.Item color="red" leftSection={<IconTrash size={16} />} onClick={onRemove}>
              {t('builder.remove')}
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      }
    >
      {action.type === 'email' && <EmailFields value={action} onChange={onChange} {...pen} />}
      {action.type === 'sms' && <SmsFields value={action} onChange={onChange} {...pen} />}
      {action.type === 'webhook' && <WebhookFields value={action} onChange={onChange} {...pen} />}
      {action.type !== 'email' && action.type !== 'sms' && action.type !== 'webhook' && (
        <OtherFields value={action} onChange={onChange} at={part} />
      )}
      {conditioned && action.condition && (
        <ConditionEditor
          value={action.condition}
          at={part}
          onChange={(condition) => onChange({ ...action, condition } as Action)}
        />
      )}
      <Faults at={pen.at} />
      <Switch
        size="xs"
        color="teal.8"
        label={t('builder.stepOn')}
        checked={action.enabled ?? true}
        onChange={(e) => onChange({ ...action, enabled: e.currentTarget.checked })}
      />
    </StepCard>
  );
}

function summaryOf(a: Action, lang: string): string | undefined {
  const first = <T,>(map: Record<string, T>) => map[lang] ?? Object.values(map)[0];
  if (a.type === 'email') return first(a.content)?.subject;
  if (a.type === 'sms') return first(a.content)?.text;
  if (a.type === 'webhook') return `${a.method ?? 'POST'} ${a.url}`;
  if (a.type === 'set_status') return a.status;
  if (a.type === 'set_field') return a.field;
  if (a.type === 'add_tag' || a.type === 'remove_tag') return a.tag;
  if (a.type === 'wait') return a.duration ?? a.until ?? a.event ?? undefined;
  return undefined;
}
