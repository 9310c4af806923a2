/** Writes a JSON Pointer (RFC 6901): `~` becomes `~0`, `/` becomes `~1`, and no tokens at all are the empty text. */
export function pointerOf(tokens: readonly (string | number)[]): string {
  return tokens.map((token) => `/${escapeToken(String(token))}`).join('');
}

/** Reads a JSON Pointer (RFC 6901) into its tokens, or gives `undefined` when the text is none. */
export function parsePointer(text: string): readonly string[] | undefined {
  if (text === '') return [];
  if (!text.startsWith('/') || /~(?![01])/.test(text)) return undefined;
  // `~1` goes first, or `~01` would become a slash.
  const unescape = (token: string) => token.replaceAll('~1', '/').replaceAll('~0', '~');
  return text.slice(1).split('/').map(unescape);
}

function escapeToken(token: string): string {
  return token.replaceAll('~', '~0').replaceAll('/', '~1');
}
