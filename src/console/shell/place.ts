import { signal } from '@preact/signals';

/** Where the reader is: the page below `/console`, in segments, and what narrows it. */
export interface Place {
  readonly segments: readonly string[];
  readonly query: URLSearchParams;
}

const ROOT = '/console';
/** What stays the same from page to page: whose data is looked at. */
const KEPT = ['tenant', 'environment'] as const;

/** The place that the address bar shows. */
export const place = signal<Place>(read());

function read(): Place {
  const { pathname, search } = window.location;
  const below = pathname.slice(ROOT.length).split('/').filter(Boolean);
  return { segments: below.map(decoded), query: new URLSearchParams(search) };
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** Gives the address of a page. Names may hold slashes; values that are empty or `undefined` are left out. */
export function hrefOf(
  segments: readonly string[],
  query: Readonly<Record<string, string | undefined>> = {},
): string {
  const search = new URLSearchParams();
  for (const name of KEPT) {
    const value = place.value.query.get(name);
    if (value !== null) search.set(name, value);
  }
  for (const [name, value] of Object.entries(query))
    if (value !== undefined && value !== '') search.set(name, value);
  const path = segments
    .flatMap((segment) => segment.split('/'))
    .map(encodeURIComponent)
    .join('/');
  const text = search.toString();
  return `${ROOT}/${path}${text === '' ? '' : `?${text}`}`;
}

const nothing = (): void => undefined;
let beforeLeaving = nothing;

/** Lets a list keep where it is before the reader goes to another place. Gives the way to end that. */
export function onLeaving(keep: () => void): () => void {
  beforeLeaving = keep;
  return () => {
    beforeLeaving = nothing;
  };
}

/** Goes to an address of the console. With `replace` the way back leads past this place. */
export function go(href: string, { replace = false } = {}): void {
  if (replace) window.history.replaceState(null, '', href);
  else {
    beforeLeaving();
    window.history.pushState(null, '', href);
  }
  place.value = read();
  if (!replace) window.scrollTo(0, 0);
}

/** Changes what narrows this page, and stays on it. */
export function narrow(changes: Readonly<Record<string, string | undefined>>): void {
  const { segments, query } = place.value;
  const next = { ...Object.fromEntries(query), ...changes };
  go(hrefOf(segments, next), { replace: true });
}

/** Remembers with this place how far its list was scrolled. */
export function keepScroll(scrolledPx: number): void {
  window.history.replaceState({ scrolledPx }, '');
}

/** Gives how far the list of this place was scrolled when it was left. */
export function keptScroll(): number {
  const state: unknown = window.history.state;
  if (typeof state !== 'object' || state === null || !('scrolledPx' in state)) return 0;
  return typeof state.scrolledPx === 'number' ? state.scrolledPx : 0;
}

/** Lets links within the console change the page without loading it again, and follows the buttons of the browser. */
export function followLinks(): () => void {
  const onClick = (event: MouseEvent): void => {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (link === null || link.origin !== window.location.origin || link.target !== '') return;
    if (!link.pathname.startsWith(ROOT) || link.hash !== '') return;
    event.preventDefault();
    go(link.href);
  };
  const onMove = (): void => {
    place.value = read();
  };
  document.addEventListener('click', onClick);
  window.addEventListener('popstate', onMove);
  return () => {
    document.removeEventListener('click', onClick);
    window.removeEventListener('popstate', onMove);
  };
}
