import { useEffect, useState } from 'react';
import { chosenBusiness } from '@/api/session';
import { bodyOf, type Draft, draftOf, sameDraft } from './model';

const place = (id: string) => `draft:${chosenBusiness()}:${id}`;

function kept(id: string): Draft | null {
  try {
    const text = localStorage.getItem(place(id));
    return text ? draftOf(JSON.parse(text)) : null;
  } catch {
    return null; // not ours, or from an older app
  }
}

/** The draft, kept on this device until it is saved or thrown away: a reload or a crash takes nothing. */
export function useDraft(id: string, start: Draft) {
  const [found] = useState(() => {
    const old = kept(id);
    return old && !sameDraft(old, start) ? old : null;
  });
  const [draft, setDraft] = useState(found ?? start);
  const [recovered, setRecovered] = useState(found !== null);
  const dirty = !sameDraft(draft, start);
  useEffect(() => {
    try {
      if (dirty) localStorage.setItem(place(id), JSON.stringify(bodyOf(draft)));
      else localStorage.removeItem(place(id));
    } catch {
      // A full store: the draft still lives in this page, which asks before it is left.
    }
  }, [id, draft, dirty]);
  const forget = () => localStorage.removeItem(place(id));
  const drop = () => {
    forget();
    setDraft(start);
    setRecovered(false);
  };
  return { draft, setDraft, dirty, recovered, drop, forget };
}
