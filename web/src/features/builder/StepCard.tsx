import { Collapse, UnstyledButton } from '@mantine/core';
import { type Icon, IconChevronDown } from '@tabler/icons-react';
import { type ReactNode, useId, useRef } from 'react';
import classes from './builder.module.css';

type Props = {
  kind: string;
  icon: Icon;
  title: string;
  summary?: ReactNode;
  open?: boolean;
  onToggle?: () => void;
  menu?: ReactNode;
  children: ReactNode;
};

/** One step of a workflow. Without `onToggle` it is always open. */
export function StepCard({ kind, icon: I, title, summary, open = true, onToggle, menu, children }: Props) {
  const id = useId();
  // Editors are heavy: a card's body is made when it is first opened, and kept after that.
  const seen = useRef(open);
  if (open) seen.current = true;
  const heading = (
    <>
      <span className={classes.tile} data-kind={kind}>
        <I size={18} stroke={1.8} />
      </span>
      <span className={classes.cardText}>
        <span className={classes.cardTitle}>{title}</span>
        {summary && <span className={classes.cardSummary}>{summary}</span>}
      </span>
    </>
  );
  return (
    <section className={classes.card} data-open={open && onToggle ? true : undefined} aria-label={title}>
      <div className={classes.cardHead}>
        {onToggle ? (
          <UnstyledButton
            className={classes.cardToggle}
            onClick={onToggle}
            aria-expanded={open}
            aria-controls={id}
          >
            {heading}
            <IconChevronDown size={18} className={classes.chevron} />
          </UnstyledButton>
        ) : (
          <div className={classes.cardToggle}>{heading}</div>
        )}
        {menu}
      </div>
      <Collapse expanded={open} id={id}>
        <div className={classes.cardBody}>{seen.current && children}</div>
      </Collapse>
    </section>
  );
}
