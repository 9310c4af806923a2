import type { IncomingMessage } from 'node:http';
import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net';

/** The proxies that are believed when they say for whom they ask. */
export class TrustedProxies {
  readonly #list = new BlockList();
  readonly #isEmpty: boolean;

  constructor(networks: readonly { readonly address: string; readonly bits: number }[]) {
    this.#isEmpty = networks.length === 0;
    for (const { address, bits } of networks)
      this.#list.addSubnet(address, bits, familyOf(address));
  }

  /** Tells whether an address is one of theirs. */
  has(address: string): boolean {
    return !this.#isEmpty && isIP(address) !== 0 && this.#list.check(address, familyOf(address));
  }
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv4(address) ? 'ipv4' : 'ipv6';
}

// Chains of proxies are short: whoever writes more entries than this is no proxy.
const HOPS_MAX = 16;
const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/**
 * Gives the address of whoever sends a request: that of its connection, or, where that is a trusted proxy, the last one in
 * `X-Forwarded-For` that is none. What stands before it anybody may have written.
 */
export function clientAddress(request: IncomingMessage, proxies: TrustedProxies): string {
  const own = plainAddress(request.socket.remoteAddress ?? '');
  if (!proxies.has(own)) return own;
  const forwarded = request.headers['x-forwarded-for'];
  const text = Array.isArray(forwarded) ? forwarded.join(',') : (forwarded ?? '');
  let client = own;
  for (const hop of text.split(',').slice(-HOPS_MAX).toReversed()) {
    const address = plainAddress(hop.trim());
    // A proxy writes addresses: behind anything else nothing can be believed.
    if (!isIPv4(address) && !isIPv6(address)) return client;
    client = address;
    if (!proxies.has(address)) return client;
  }
  return client;
}

/** Tells whether an address is one of this machine alone. */
export function isLoopbackAddress(address: string): boolean {
  return address === '::1' || (address.startsWith('127.') && isIPv4(address));
}

/** Gives what tells clients apart: an IPv4 address, or the first 64 bits of an IPv6 one, all of which one client may have. */
export function addressKey(address: string): string {
  if (!isIPv6(address)) return address;
  const [front = '', back] = address.split('::');
  const head = front.split(':').filter((group) => group !== '');
  const tail = back === undefined ? [] : back.split(':').filter((group) => group !== '');
  // A dotted end stands for two groups.
  const length = head.length + tail.length + (tail.at(-1)?.includes('.') === true ? 1 : 0);
  const gap = back === undefined ? 0 : 8 - length;
  const groups = [...head, ...Array.from({ length: gap }, () => '0'), ...tail];
  const network = groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16));
  return `${network.join(':')}::/64`;
}

/** Writes an IPv4 address in the clothes of IPv6 as what it is, and leaves the zone of a link out. */
export function plainAddress(address: string): string {
  const mapped = MAPPED.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const zone = address.indexOf('%');
  return zone < 0 ? address : address.slice(0, zone);
}
