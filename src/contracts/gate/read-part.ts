/** A part of a contract that was read, or why it could not be. */
export type ReadPart<T> =
  | { readonly kind: 'absent' }
  | { readonly kind: 'read'; readonly value: T }
  | { readonly kind: 'unreadable'; readonly reason: string };
