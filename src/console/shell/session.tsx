import { useState } from 'preact/hooks';
import { challenge, takeToken, token } from '#console/api/ask';
import { go, hrefOf, place } from '#console/shell/place';

/** Who asks, and for which tenant and environment. */
export function Session() {
  const { query } = place.value;
  const [tenant, setTenant] = useState(query.get('tenant') ?? '');
  const [environment, setEnvironment] = useState(query.get('environment') ?? '');
  const change = (event: Event): void => {
    event.preventDefault();
    const base = hrefOf([]).split('?')[0] ?? '';
    const search = new URLSearchParams();
    if (tenant !== '') search.set('tenant', tenant);
    if (environment !== '') search.set('environment', environment);
    go(search.size === 0 ? base : `${base}?${search}`);
  };
  return (
    <>
      <h1>Session</h1>
      <TokenForm />
      <h2>Scope</h2>
      <p>
        Everything belongs to a tenant and an environment. Left empty, the token decides, else
        default and dev.
      </p>
      <form class="stack" onSubmit={change}>
        <label>
          Tenant
          <input value={tenant} onInput={(event) => setTenant(event.currentTarget.value)} />
        </label>
        <label>
          Environment
          <input
            value={environment}
            onInput={(event) => setEnvironment(event.currentTarget.value)}
          />
        </label>
        <button type="submit">Look at this scope</button>
      </form>
    </>
  );
}

/** Takes a token, and keeps it until the page is left. */
export function TokenForm() {
  const [typed, setTyped] = useState('');
  const use = (event: Event): void => {
    event.preventDefault();
    takeToken(typed.trim() === '' ? undefined : typed.trim());
    setTyped('');
  };
  const forget = (): void => takeToken(undefined);
  return (
    <form class="stack" onSubmit={use} aria-label="Log in">
      {challenge.value !== undefined && (
        <div class="note bad" role="alert">
          {challenge.value}
        </div>
      )}
      <label>
        Token or API key
        <input
          type="password"
          autocomplete="off"
          value={typed}
          onInput={(event) => setTyped(event.currentTarget.value)}
        />
      </label>
      <p class="quiet">
        It is kept in the memory of this page alone: loading the page again forgets it.
      </p>
      <div class="row">
        <button type="submit">Use this token</button>
        {token.value !== undefined && (
          <button type="button" onClick={forget}>
            Log out
          </button>
        )}
      </div>
    </form>
  );
}
