const TOKEN = /^[A-Za-z0-9._~+/=-]{1,8192}$/;

/** Gives the token in `ATLAS_TOKEN`, or none. @throws Error for what is no token */
export function bearerToken(): string | undefined {
  const token = process.env['ATLAS_TOKEN'];
  if (token === undefined || token === '') return undefined;
  // Whoever sends a header that cannot be one is told of it, value and all.
  if (!TOKEN.test(token))
    throw new Error(
      'Cannot use ATLAS_TOKEN: it is no bearer token (want letters, digits and . _ ~ + / = -)',
    );
  return token;
}

/** Gives the headers that say who sends a request. @throws Error for what is no token */
export function bearerHeaders(): Readonly<Record<string, string>> {
  const token = bearerToken();
  return token === undefined ? {} : { Authorization: `Bearer ${token}` };
}

/** Tells whether requests will say who sends them. */
export function hasToken(): boolean {
  return (process.env['ATLAS_TOKEN'] ?? '') !== '';
}
