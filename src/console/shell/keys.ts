import { signal } from '@preact/signals';
import { go, hrefOf } from '#console/shell/place';

/** The letters behind `g`, and the pages that they lead to. */
export const PAGES = [
  { letter: 'h', title: 'Home', segments: [] },
  { letter: 'd', title: 'Datasets', segments: ['datasets'] },
  { letter: 'c', title: 'Contracts', segments: ['contracts'] },
  { letter: 'j', title: 'Jobs', segments: ['jobs'] },
  { letter: 'l', title: 'Log', segments: ['log'] },
  { letter: 's', title: 'Health', segments: ['health'] },
] as const;

/** Whether the list of keys is shown. */
export const helpIsOpen = signal(false);

const SEQUENCE_MS = 1_500;

function isTyping(target: EventTarget | null): boolean {
  return target instanceof Element && target.matches('input, textarea, select, [contenteditable]');
}

/** Follows the keyboard: `/` searches, `?` helps, `g` and a letter goes to a page. Where somebody types, keys are letters. */
export function followKeys(): () => void {
  let goneAtMs = Number.NEGATIVE_INFINITY;
  const onKey = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    const isSecond = performance.now() - goneAtMs < SEQUENCE_MS;
    goneAtMs = Number.NEGATIVE_INFINITY;
    const page = isSecond ? PAGES.find(({ letter }) => letter === event.key) : undefined;
    if (page !== undefined) go(hrefOf(page.segments));
    else if (event.key === 'g') goneAtMs = performance.now();
    else if (event.key === '?') helpIsOpen.value = true;
    else if (event.key === '/') searchBox()?.focus();
    else return;
    event.preventDefault();
  };
  document.addEventListener('keydown', onKey);
  return () => document.removeEventListener('keydown', onKey);
}

// A page's own search comes before that of the head.
function searchBox(): HTMLInputElement | null {
  return (
    document.querySelector<HTMLInputElement>('main input[type=search]') ??
    document.querySelector<HTMLInputElement>('input[type=search]')
  );
}
