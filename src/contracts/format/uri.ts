import type { FormatVerdict } from '#contracts/format/format-verdict';
import { isIpv6 } from '#contracts/format/ip-address';

/** The patterns for the parts of an address, as RFC 3986 and RFC 3987 name their characters. */
interface Parts {
  readonly userinfo: RegExp;
  readonly name: RegExp;
  readonly path: RegExp;
  readonly query: RegExp;
  readonly fragment: RegExp;
}

const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*:/;
const FUTURE_ADDRESS = /^v[0-9A-F]+\.[\w.~!$&'()*+,;=:-]+$/i;

const UCSCHAR =
  '\\u{a0}-\\u{d7ff}\\u{f900}-\\u{fdcf}\\u{fdf0}-\\u{ffef}' +
  Array.from({ length: 14 }, (_, index) => {
    const plane = (index + 1).toString(16);
    // The last plane of this kind begins later, after the language tags.
    return `\\u{${plane}${plane === 'e' ? '1000' : '0000'}}-\\u{${plane}fffd}`;
  }).join('');
const IPRIVATE = '\\u{e000}-\\u{f8ff}\\u{f0000}-\\u{ffffd}\\u{100000}-\\u{10fffd}';

const URI = partsOf('', '');
const IRI = partsOf(UCSCHAR, IPRIVATE);

/** Characters that turn the direction of text: RFC 3987 forbids them in prose, although its grammar has them. */
const DIRECTION = /[\u200e\u200f\u202a-\u202e]/;

/** What kind of address is wanted. */
interface AddressKind {
  readonly international: boolean;
  /** Whether an address without a scheme is right too. */
  readonly relative: boolean;
}

/** Checks a URI (RFC 3986) or an IRI (RFC 3987), or a reference to one. */
export function checkAddress(text: string, kind: AddressKind): FormatVerdict {
  const parts = kind.international ? IRI : URI;
  const [beforeFragment = '', fragment = ''] = cut(text, '#');
  const [beforeQuery = '', query = ''] = cut(beforeFragment, '?');
  if (!parts.fragment.test(fragment) || !parts.query.test(query)) return 'invalid';
  const scheme = SCHEME.exec(beforeQuery)?.[0];
  if (scheme === undefined && !kind.relative) return 'invalid';
  const rest = beforeQuery.slice(scheme?.length ?? 0);
  const authorityEnd = rest.startsWith('//') ? indexOrEnd(rest, '/', 2) : 0;
  const path = rest.slice(authorityEnd);
  const isAuthorityRight = authorityEnd === 0 || isAuthority(rest.slice(2, authorityEnd), parts);
  if (!isAuthorityRight || !parts.path.test(path)) return 'invalid';
  // What stands before a colon in the first segment would be the scheme.
  if (scheme === undefined && (path.split('/', 1)[0] ?? '').includes(':')) return 'invalid';
  return DIRECTION.test(text) ? 'unknown' : 'valid';
}

const TEMPLATE_LITERALS = new RegExp(
  `^(?:[!#$&(-;=?-[\\]_a-z~'${UCSCHAR}${IPRIVATE}]|%[0-9A-Fa-f]{2})*$`,
  'u',
);
const TEMPLATE_NAME = /^(?:[\w.]|%[0-9A-Fa-f]{2})+$/;

/** Checks a URI template (RFC 6570). Apostrophes are `unknown`: the grammar leaves them out, an erratum adds them. */
export function checkUriTemplate(text: string): FormatVerdict {
  for (let at = 0; at < text.length; ) {
    const open = indexOrEnd(text, '{', at);
    if (!TEMPLATE_LITERALS.test(text.slice(at, open))) return 'invalid';
    if (open === text.length) break;
    const close = text.indexOf('}', open);
    if (close === -1 || !isExpression(text.slice(open + 1, close))) return 'invalid';
    at = close + 1;
  }
  return text.includes("'") ? 'unknown' : 'valid';
}

function isExpression(text: string): boolean {
  const variables = /^[+#./;?&=,!@|]/.test(text) ? text.slice(1) : text;
  return variables.split(',').every((variable) => {
    const name = variable.replace(/(?:\*|:[1-9]\d{0,3})$/, '');
    return TEMPLATE_NAME.test(name) && !/^\.|\.\.|\.$/.test(name);
  });
}

function isAuthority(text: string, parts: Parts): boolean {
  const at = text.indexOf('@');
  if (at !== -1 && !parts.userinfo.test(text.slice(0, at))) return false;
  const hostAndPort = text.slice(at + 1);
  if (!hostAndPort.startsWith('[')) {
    const [host = '', port = ''] = cut(hostAndPort, ':');
    return parts.name.test(host) && /^\d*$/.test(port);
  }
  const close = indexOrEnd(hostAndPort, ']', 0);
  const address = hostAndPort.slice(1, close);
  const isPort = /^\](?::\d*)?$/.test(hostAndPort.slice(close));
  return isPort && (isIpv6(address) || FUTURE_ADDRESS.test(address));
}

function partsOf(beyondAscii: string, inQuery: string): Parts {
  const within = (more: string) =>
    new RegExp(`^(?:[\\w.~!$&'()*+,;=${more}${beyondAscii}\\-]|%[0-9A-Fa-f]{2})*$`, 'u');
  return {
    userinfo: within(':'),
    name: within(''),
    path: within(':@/'),
    query: within(`:@/?${inQuery}`),
    fragment: within(':@/?'),
  };
}

function cut(text: string, mark: string): readonly string[] {
  const at = text.indexOf(mark);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

function indexOrEnd(text: string, mark: string, from: number): number {
  const at = text.indexOf(mark, from);
  return at === -1 ? text.length : at;
}
