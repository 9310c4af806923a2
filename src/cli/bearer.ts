/** Gives the headers that say who sends a request: the token in `ATLAS_TOKEN`, or none. */
export function bearerHeaders(): Readonly<Record<string, string>> {
  const token = process.env['ATLAS_TOKEN'];
  return token === undefined || token === '' ? {} : { Authorization: `Bearer ${token}` };
}
