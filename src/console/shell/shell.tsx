import { useEffect, useRef } from 'preact/hooks';
import { challenge } from '#console/api/ask';
import { Page } from '#console/pages/page';
import { followTime } from '#console/parts/now';
import { Help } from '#console/shell/help';
import { followKeys, helpIsOpen, PAGES } from '#console/shell/keys';
import { followLinks, go, hrefOf, place } from '#console/shell/place';
import { TokenForm } from '#console/shell/session';
import { ThemeButton } from '#console/shell/theme';

/** What stands around every page: the way past it, the search, the pages, the keys. */
export function Shell() {
  useEffect(followLinks, []);
  useEffect(followKeys, []);
  useEffect(followTime, []);
  const { segments } = place.value;
  const path = segments.join('/');
  const main = useRef<HTMLElement>(null);
  const shown = useRef(path);
  useEffect(() => {
    document.title = `${titleOf(segments)} · Atlas Registry`;
    // Whoever works by keyboard, or listens, goes on behind the navigation; not when the page was just opened.
    const isInside = main.current?.contains(document.activeElement) === true;
    if (shown.current !== path && !isInside) main.current?.focus({ preventScroll: true });
    shown.current = path;
  }, [path]);
  return (
    <>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <header>
        <a class="brand" href={hrefOf([])}>
          Atlas Registry
        </a>
        <nav aria-label="Pages">
          {PAGES.map((page) => (
            <a
              key={page.letter}
              href={hrefOf(page.segments)}
              aria-current={(page.segments[0] ?? '') === (segments[0] ?? '') ? 'page' : undefined}
            >
              {page.title}
            </a>
          ))}
        </nav>
        <Tools />
      </header>
      <main id="main" tabIndex={-1} ref={main}>
        {challenge.value === undefined ? <Page /> : <LogIn />}
      </main>
      <Help />
    </>
  );
}

const OTHERS: Readonly<Record<string, string>> = { search: 'Search', session: 'Session' };

function titleOf([first = '', ...rest]: readonly string[]): string {
  if (rest.length > 0) return rest.join('/');
  const page = PAGES.find(({ segments }) => (segments[0] ?? '') === first);
  return page?.title ?? OTHERS[first] ?? 'Not found';
}

function Tools() {
  const { query } = place.value;
  const scope = `${query.get('tenant') ?? 'default'}/${query.get('environment') ?? 'dev'}`;
  const search = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = event.currentTarget;
    if (!(form instanceof HTMLFormElement)) return;
    const text = new FormData(form).get('q');
    if (typeof text === 'string') go(hrefOf(['search'], { q: text }));
  };
  return (
    <div class="tools">
      <form role="search" onSubmit={search}>
        <input
          type="search"
          name="q"
          aria-label="Search datasets and contracts"
          placeholder="Search ( / )"
        />
      </form>
      <a href={hrefOf(['session'])} title="Token and scope">
        {scope}
      </a>
      <ThemeButton />
      <button
        type="button"
        onClick={() => {
          helpIsOpen.value = true;
        }}
        aria-label="Keys"
      >
        ?
      </button>
    </div>
  );
}

function LogIn() {
  return (
    <>
      <h1>Log in</h1>
      <p>This registry asks who you are.</p>
      <TokenForm />
    </>
  );
}
