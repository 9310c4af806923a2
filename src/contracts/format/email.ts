import { type FormatVerdict, verdictOf } from '#contracts/format/format-verdict';
import { isAscii, isDottedLabels } from '#contracts/format/host-name';
import { isIpv4, isIpv6 } from '#contracts/format/ip-address';

const ATOMS = /^[\w!#$%&'*+/=?^`{|}~.\u0080-\u{10ffff}-]+$/u;
const QUOTED = /^"(?:[ !#-[\]-~\u0080-\u{10ffff}]|\\[ -~])*"/u;
const LOCAL_BYTES_MAX = 64;
const DOMAIN_UNITS_MAX = 253;

/**
 * Checks a mailbox (RFC 5321). What RFC 5322 lets pass and RFC 5321 does not is `unknown`, because the drafts differ in
 * which one they name: comments, folded space, other signs in the domain. So are lengths that only servers refuse.
 */
export function checkEmail(text: string): FormatVerdict {
  return isAscii(text) ? checkMailbox(text) : 'invalid';
}

/** Checks a mailbox that may hold any character (RFC 6531). A domain beyond ASCII is `unknown`, as IDNA decides it. */
export function checkIdnEmail(text: string): FormatVerdict {
  return text.isWellFormed() ? checkMailbox(text) : 'invalid';
}

function checkMailbox(text: string): FormatVerdict {
  const at = localEnd(text);
  if (at < 1 || text.charAt(at) !== '@') return verdictOrOpen(text, 'invalid');
  const local = text.slice(0, at);
  const isDotted = ATOMS.test(local) && !/^\.|\.\.|\.$/.test(local);
  if (!local.startsWith('"') && !isDotted) return verdictOrOpen(text, 'invalid');
  const domain = checkDomain(text.slice(at + 1));
  if (domain === 'valid' && Buffer.byteLength(local) > LOCAL_BYTES_MAX) return 'unknown';
  return verdictOrOpen(text, domain);
}

/** Finds the at sign between the parts: the first one, but for what is quoted. */
function localEnd(text: string): number {
  return text.startsWith('"') ? (QUOTED.exec(text)?.[0].length ?? -1) : text.indexOf('@');
}

function checkDomain(domain: string): FormatVerdict {
  if (domain.startsWith('[')) return checkAddressLiteral(domain);
  if (domain.length > DOMAIN_UNITS_MAX) return 'unknown';
  if (isDottedLabels(domain)) return 'valid';
  return ATOMS.test(domain) && !/^\.|\.\.|\.$/.test(domain) ? 'unknown' : 'invalid';
}

function checkAddressLiteral(domain: string): FormatVerdict {
  if (!domain.endsWith(']')) return 'invalid';
  const address = domain.slice(1, -1);
  const isAddress = isIpv4(address) || (/^IPv6:/i.test(address) && isIpv6(address.slice(5)));
  // Any registered tag may stand before a literal, and leading zeros are allowed here.
  return isAddress ? 'valid' : 'unknown';
}

function verdictOrOpen(text: string, verdict: FormatVerdict): FormatVerdict {
  if (verdict !== 'invalid' || !text.includes('@')) return verdict;
  return /[\s()"]/.test(text) ? 'unknown' : verdictOf(false);
}
