import { useMemo } from 'react';
import classes from './builder.module.css';
import { diff } from './model';

/** The lines that differ, with those around them; the sign stands in the text, not in the colour alone. */
export function Diff({ before, after }: { before: unknown; after: unknown }) {
  const lines = useMemo(() => diff(before, after), [before, after]);
  const near = (i: number) => lines.slice(Math.max(0, i - 2), i + 3).some((l) => l.sign !== ' ');
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a text that scrolls must be reached by keyboard
    <pre className={classes.diff} tabIndex={0}>
      {lines.map(
        (l, i) =>
          near(i) && (
            // biome-ignore lint/suspicious/noArrayIndexKey: lines have no identity
            <div key={i} data-sign={l.sign}>
              {l.sign} {l.text}
            </div>
          ),
      )}
    </pre>
  );
}
