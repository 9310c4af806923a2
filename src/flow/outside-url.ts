import { quote } from '#domain/errors';

export interface OutsideUrlRules {
  /** Such as `https:`. */
  readonly schemes: readonly string[];
  /** Whether it may have a query. Default false: paths are put behind it. */
  readonly allowQuery?: boolean;
  /** Makes the error that says what is wrong. It is not told the text, which may hold a password. */
  readonly refuse: (is: string) => Error;
}

/** Reads the URL of a server outside. @throws what `refuse` makes for what is none, another scheme, credentials, a query */
export function parseOutsideUrl(
  text: string,
  { schemes, allowQuery = false, refuse }: OutsideUrlRules,
): URL {
  if (!URL.canParse(text)) throw refuse('it is not a URL');
  const url = new URL(text);
  if (!schemes.includes(url.protocol)) throw refuse(`its scheme is ${quote(url.protocol)}`);
  if (url.username !== '' || url.password !== '') throw refuse('it has credentials in it');
  if (!allowQuery && /[?#]/.test(text)) throw refuse('it has a query or a fragment');
  return url;
}
