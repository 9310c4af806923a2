/** Writes a JSON Pointer (RFC 6901); no tokens at all are the empty text. */
export function pointerOf(tokens: readonly (string | number)[]): string {
  return tokens.map((token) => `/${escapeToken(String(token))}`).join('');
}

/** Reads a JSON Pointer (RFC 6901) into its tokens, or gives `undefined` when the text is none. */
export function parsePointer(text: string): readonly string[] | undefined {
  if (text === '') return [];
  if (!text.startsWith('/') || /~(?![01])/.test(text)) return undefined;
  return text.slice(1).split('/').map(unescapeToken);
}

/** Writes a token of a JSON Pointer: `~` becomes `~0`, `/` becomes `~1`. */
export function escapeToken(token: string): string {
  return token.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** Reads a token of a JSON Pointer. */
export function unescapeToken(token: string): string {
  // `~1` goes first, or `~01` would become a slash.
  return token.replaceAll('~1', '/').replaceAll('~0', '~');
}
