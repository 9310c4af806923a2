const KEY_BYTES = 16;

/** The keys of what was sent and has no definite answer yet. */
const open = new Map<string, string>();

/**
 * Gives the Idempotency-Key of what somebody wants done. The same, sent again after no answer came, has the same key: it is done
 * once, however often it is pressed.
 */
export function keyOf(intent: string): string {
  const known = open.get(intent);
  if (known !== undefined) return known;
  // Not randomUUID(): only pages over HTTPS, and those of this machine, may use it.
  const bytes = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
  const key = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  open.set(intent, key);
  return key;
}

/** Ends an intent: it was done, refused, or given up. What is sent after that is another. */
export function settle(intent: string): void {
  open.delete(intent);
}

/** Tells whether a status says for certain what came of a command. */
export function isDefinite(status: number): boolean {
  return status >= 200 && status < 500 && ![401, 408, 425, 429].includes(status);
}
