import { type LookupAddress, lookup } from 'node:dns';
import { BlockList, isIP, isIPv6, type LookupFunction } from 'node:net';
import { quote } from '#domain/errors';

export interface PrivateHostOptions {
  /** Whether hosts inside one's own network may be called. `true` lets whoever names a host reach what stands there. */
  readonly allowPrivateHosts: boolean;
  /** Makes the error that says why a host is not called. */
  readonly refusal: (is: string) => Error;
}

export interface GuardedLookupOptions extends PrivateHostOptions {
  /** Finds all addresses of a name. Default: as the system does. */
  readonly resolve?: (hostname: string) => Promise<readonly LookupAddress[]>;
}

/** IPv4 that no public host has: RFC 6890, and 100.64.0.0/10 of RFC 6598. */
const PRIVATE_IPV4: readonly (readonly [net: string, prefix: number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];

const PRIVATE_IPV6: readonly (readonly [net: string, prefix: number])[] = [
  // Unspecified, loopback, and IPv4 written as IPv6 the old way.
  ['::', 96],
  // NAT64 of one's own (RFC 8215), nowhere (RFC 6666), Teredo, documentation, segment routing (RFC 9602).
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 32],
  ['2001:db8::', 32],
  ['3fff::', 20],
  ['5f00::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
];

const PRIVATE_NAME = /(?:^|\.)(?:localhost|local|internal)$/;

const blocked = blockList();

function blockList(): BlockList {
  const list = new BlockList();
  for (const [net, prefix] of PRIVATE_IPV6) list.addSubnet(net, prefix, 'ipv6');
  for (const [net, prefix] of PRIVATE_IPV4) {
    const [a = 0, b = 0, c = 0, d = 0] = net.split('.').map(Number);
    const hex = `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
    list.addSubnet(net, prefix, 'ipv4');
    // The same inside IPv6: mapped, translated (RFC 2765), NAT64 (RFC 6052), 6to4 (RFC 3056).
    list.addSubnet(`::ffff:${hex}`, 96 + prefix, 'ipv6');
    list.addSubnet(`::ffff:0:${hex}`, 96 + prefix, 'ipv6');
    list.addSubnet(`64:ff9b::${hex}`, 96 + prefix, 'ipv6');
    list.addSubnet(`2002:${hex}::`, 16 + prefix, 'ipv6');
  }
  return list;
}

/** Tells whether an IP address belongs to a network that is not public. What is no IP address counts as private. */
export function isPrivateAddress(text: string): boolean {
  const [address = ''] = text.split('%');
  return isIP(address) === 0 || blocked.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

/**
 * Checks the host of a URL as far as it can be told without asking anybody: addresses, and names that are private by
 * themselves. The other names are checked by `guardedLookup()`.
 * @throws what `refusal` makes when it is private and private hosts are not allowed
 */
export function checkHost({ hostname }: URL, options: PrivateHostOptions): void {
  if (options.allowPrivateHosts) return;
  // The parser has made one notation of decimal, hex and octal addresses, and has put IPv6 into brackets.
  const host = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  const isPrivate = isIP(host) === 0 ? PRIVATE_NAME.test(host) : isPrivateAddress(host);
  if (isPrivate) throw options.refusal(`host ${quote(host)} is private`);
}

/**
 * Makes the lookup for a connection. It gives only addresses that it has checked, each time anew, so that a name cannot be
 * public when it is checked and private when it is connected to.
 * @throws what `refusal` makes, through its callback, when one of the addresses is private and private hosts are not allowed
 */
export function guardedLookup(options: GuardedLookupOptions): LookupFunction {
  const { resolve = resolveAll, allowPrivateHosts, refusal } = options;
  const addressesOf = async (hostname: string): Promise<readonly LookupAddress[]> => {
    const addresses = await resolve(hostname);
    const bad = allowPrivateHosts ? undefined : addresses.find((a) => isPrivateAddress(a.address));
    if (bad === undefined) return addresses;
    const is = `host ${quote(hostname)} has the private address ${quote(bad.address)}`;
    throw refusal(is);
  };
  return (hostname, { all = false, family: wanted }, callback) => {
    const give = (found: readonly LookupAddress[]): void => {
      const fitting = found.filter(({ family }) => isWanted(wanted, family));
      const [first] = fitting;
      if (first === undefined) callback(noAddress(hostname), '', 0);
      else if (all) callback(null, fitting);
      else callback(null, first.address, first.family);
    };
    const fail = (error: NodeJS.ErrnoException): void => callback(error, '', 0);
    // What the callback throws is its own affair, and must not call it twice.
    addressesOf(hostname).then(
      (found) => setImmediate(give, found),
      (error: NodeJS.ErrnoException) => setImmediate(fail, error),
    );
  };
}

async function resolveAll(hostname: string): Promise<readonly LookupAddress[]> {
  return await new Promise((resolve, reject) => {
    lookup(hostname, { all: true }, (error, addresses) => {
      if (error === null) resolve(addresses);
      else reject(error);
    });
  });
}

function isWanted(wanted: number | string | undefined, family: number): boolean {
  return wanted === undefined || wanted === 0 || wanted === family || wanted === `IPv${family}`;
}

function noAddress(hostname: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`host ${quote(hostname)} has no address`), { code: 'ENOTFOUND' });
}
