/** What a check says of a text: `unknown` where the rules of the format leave it open, or nothing is known of the format. */
export type FormatVerdict = 'valid' | 'invalid' | 'unknown';

/** Turns a certain answer into a verdict. */
export function verdictOf(isValid: boolean): FormatVerdict {
  return isValid ? 'valid' : 'invalid';
}
