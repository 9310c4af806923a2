import { sha256Of } from '#domain/digest';

/** Makes the same UUID from the same text. */
export function uuidFrom(text: string): string {
  const hex = sha256Of(text);
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
  ];
  return [...parts, hex.slice(20, 32)].join('-');
}
