import { Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { createContext, useContext } from 'react';
import { sentence } from '@/lib/problem';
import classes from './builder.module.css';
import { type Fault, under } from './model';

/** What the server says of the draft, for the cards to pick theirs from. */
export const Said = createContext<Fault[]>([]);

/** What the server says of this place, beside it. */
export function Faults({ at, except = [] }: { at: string; except?: string[] }) {
  const all = useContext(Said);
  const here = under(all, at).filter((f) => !except.some((x) => under([f], x).length));
  return here.map((f) => (
    <Text key={f.pointer + f.code} size="sm" className={classes.said} component="p">
      <IconAlertTriangle size={15} aria-hidden /> <span>{sentence(f)}</span>
    </Text>
  ));
}
