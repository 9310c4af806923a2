const BYTE = /^(?:0|[1-9]\d{0,2})$/;
const GROUP = /^[0-9A-Fa-f]{1,4}$/;

/** Says whether a text is an IPv4 address: four decimal numbers without leading zeros (RFC 2673, RFC 3986). */
export function isIpv4(text: string): boolean {
  const bytes = text.split('.');
  return bytes.length === 4 && bytes.every((byte) => BYTE.test(byte) && Number(byte) <= 255);
}

/** Says whether a text is an IPv6 address (RFC 4291), without a zone and without a length of prefix. */
export function isIpv6(text: string): boolean {
  const [head = '', tail, ...more] = text.split('::');
  if (more.length > 0) return false;
  // An IPv4 address may stand for the last two groups, and only there.
  const left = groupsIn(head, tail === undefined);
  if (left === undefined) return false;
  if (tail === undefined) return left === 8;
  const right = groupsIn(tail, true);
  return right !== undefined && left + right <= 7;
}

function groupsIn(text: string, isLast: boolean): number | undefined {
  if (text === '') return 0;
  const groups = text.split(':');
  const endsInIpv4 = isLast && isIpv4(groups.at(-1) ?? '');
  const plain = endsInIpv4 ? groups.slice(0, -1) : groups;
  if (!plain.every((group) => GROUP.test(group))) return undefined;
  return plain.length + (endsInIpv4 ? 2 : 0);
}
