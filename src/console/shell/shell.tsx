import { useEffect, useRef } from 'preact/hooks';
import { challenge, token } from '#console/api/ask';
import { Page } from '#console/pages/page';
import { followTime } from '#console/parts/now';
import { Caught } from '#console/shell/caught';
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
        {challenge.value !== undefined && <LogIn />}
        {/* What somebody has typed stays under the log-in, and is there again behind it. */}
        <div class="page" hidden={challenge.value !== undefined}>
          <Caught of={path}>
            <Page />
          </Caught>
        </div>
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
  const [tenant, environment] = [query.get('tenant'), query.get('environment')];
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
        {scopeText(tenant, environment)}
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

/** Names the scope that is shown. What nobody has named the token decides, where there is one. */
function scopeText(tenant: string | null, environment: string | null): string {
  if (token.value === undefined) return `${tenant ?? 'default'}/${environment ?? 'dev'}`;
  if (tenant === null && environment === null) return 'scope of the token';
  return `${tenant ?? 'of the token'}/${environment ?? 'of the token'}`;
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
