import { type FormatVerdict, verdictOf } from '#contracts/format/format-verdict';

const LABEL = /^[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?$/;
const LABEL_UNITS_MAX = 63;
const NAME_UNITS_MAX = 253;

/** Says whether a text is made of labels of letters, digits and inner hyphens, of whatever length. */
export function isDottedLabels(text: string): boolean {
  return text.split('.').every((label) => LABEL.test(label));
}

/**
 * Checks a host name (RFC 1123). It is `unknown` when the last label is a number, which the standard rules out in prose
 * alone, and when a label has hyphens third and fourth, which IDNA keeps for itself.
 */
export function checkHostname(text: string): FormatVerdict {
  const labels = text.split('.');
  const fits =
    text.length <= NAME_UNITS_MAX && labels.every(({ length }) => length <= LABEL_UNITS_MAX);
  if (!fits || !isDottedLabels(text)) return 'invalid';
  const isReserved = labels.some((label) => label.startsWith('--', 2));
  return isReserved || /^\d+$/.test(labels.at(-1) ?? '') ? 'unknown' : 'valid';
}

/** Checks an internationalized host name. Beyond ASCII the tables of IDNA decide, which are not here: `unknown`. */
export function checkIdnHostname(text: string): FormatVerdict {
  if (text === '') return verdictOf(false);
  return isAscii(text) ? checkHostname(text) : 'unknown';
}

/** Says whether a text has no unit beyond ASCII. */
export function isAscii(text: string): boolean {
  return !/[\u0080-\uffff]/.test(text);
}
