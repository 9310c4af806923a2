import { checkDate, checkDateTime, checkDuration, checkTime } from '#contracts/format/date-time';
import { checkEmail, checkIdnEmail } from '#contracts/format/email';
import { type FormatVerdict, verdictOf } from '#contracts/format/format-verdict';
import { checkHostname, checkIdnHostname } from '#contracts/format/host-name';
import { isIpv4, isIpv6 } from '#contracts/format/ip-address';
import { checkAddress, checkUriTemplate } from '#contracts/format/uri';
import { parsePointer } from '#contracts/json/pointer';

/** The longest text that is checked, in UTF-16 units. Of a longer one every verdict is `unknown`. */
export const FORMAT_TEXT_UNITS_MAX = 65_536;

/** The longest pattern that is given to the engine, which recurses when it reads one. */
const REGEX_UNITS_MAX = 4_096;

const UUID = /^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$/;

const RELATIVE_HEAD = /^(?:0|[1-9]\d*)([+-](?:0|[1-9]\d*))?/;

const CHECKS: ReadonlyMap<string, (text: string) => FormatVerdict> = new Map([
  ['date', checkDate],
  ['date-time', checkDateTime],
  ['duration', checkDuration],
  ['email', checkEmail],
  ['hostname', checkHostname],
  ['idn-email', checkIdnEmail],
  ['idn-hostname', checkIdnHostname],
  ['ipv4', (text) => verdictOf(isIpv4(text))],
  ['ipv6', (text) => verdictOf(isIpv6(text))],
  ['iri', (text) => checkAddress(text, { international: true, relative: false })],
  ['iri-reference', (text) => checkAddress(text, { international: true, relative: true })],
  ['json-pointer', (text) => verdictOf(parsePointer(text) !== undefined)],
  ['regex', checkRegex],
  ['relative-json-pointer', checkRelativePointer],
  ['time', checkTime],
  ['uri', (text) => checkAddress(text, { international: false, relative: false })],
  ['uri-reference', (text) => checkAddress(text, { international: false, relative: true })],
  ['uri-template', checkUriTemplate],
  ['uuid', (text) => verdictOf(UUID.test(text))],
]);

/** Lists the formats that `checkFormat` knows, in the order of their names. */
export const FORMATS: readonly string[] = [...CHECKS.keys()];

/**
 * Checks a text against a format of JSON Schema, as the standard behind the format says, in time linear in the text.
 * `valid` and `invalid` are certain; everything that is open, and every other format, is `unknown`.
 */
export function checkFormat(format: string, text: string): FormatVerdict {
  if (text.length > FORMAT_TEXT_UNITS_MAX) return 'unknown';
  return CHECKS.get(format)?.(text) ?? 'unknown';
}

/** What is right without the flag `u` alone is `unknown`: engines differ in what they hold against it. */
function checkRegex(text: string): FormatVerdict {
  if (text.length > REGEX_UNITS_MAX) return 'unknown';
  if (isPattern(text, 'u')) return 'valid';
  return isPattern(text, '') ? 'unknown' : 'invalid';
}

function isPattern(text: string, flags: string): boolean {
  try {
    return new RegExp(text, flags) instanceof RegExp;
  } catch {
    return false;
  }
}

/** A shift of the index (`0+1`) is `unknown`: only the newer drafts of relative pointers have it. */
function checkRelativePointer(text: string): FormatVerdict {
  const [head, shift] = RELATIVE_HEAD.exec(text) ?? [];
  if (head === undefined) return 'invalid';
  const rest = text.slice(head.length);
  if (rest !== '#' && parsePointer(rest) === undefined) return 'invalid';
  return shift === undefined ? 'valid' : 'unknown';
}
