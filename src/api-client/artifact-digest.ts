/** Gives the SHA-256 of bytes in small hexadecimal letters, as artifacts are named. Needs a page from HTTPS or localhost in a browser. */
export async function sha256Of(bytes: Uint8Array | Blob): Promise<string> {
  const whole = bytes instanceof Uint8Array ? bytes : await bytes.arrayBuffer();
  const digest = await crypto.subtle.digest(
    'SHA-256',
    // oxlint-disable-next-line typescript/no-unnecessary-type-assertion -- the types of browsers want memory that is not shared
    whole as Parameters<typeof crypto.subtle.digest>[1],
  );
  return hexOf(new Uint8Array(digest));
}

/** Makes a key that no other request has: 128 bits of chance. */
export function newIdempotencyKey(): string {
  return hexOf(crypto.getRandomValues(new Uint8Array(16)));
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
