import { BlockList, isIP } from 'node:net';
import { z } from 'zod';

/** Networks by their addresses. */
export interface NetworkList {
  /** How many there are. */
  readonly count: number;
  /** Tells whether an address lies in one of them. What is no address does not. */
  has(address: string): boolean;
}

/** Adds `address` or `address/bits` to a list. Gives whether it is one. */
function add(list: BlockList, text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || address.includes('%') || rest.length > 0) return false;
  const family = version === 4 ? 'ipv4' : 'ipv6';
  if (bits === undefined) {
    list.addAddress(address, family);
    return true;
  }
  if (!/^\d{1,3}$/.test(bits) || Number(bits) > (version === 4 ? 32 : 128)) return false;
  list.addSubnet(address, Number(bits), family);
  return true;
}

/** `10.0.0.0/8,fd00::/8,192.0.2.7` */
export const networkList = z.string().transform((text, context): NetworkList => {
  const list = new BlockList();
  const parts = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  for (const part of parts) {
    if (add(list, part)) continue;
    context.addIssue({
      code: 'custom',
      message: `"${part}" is no address or network (want 192.0.2.7 or 10.0.0.0/8, with commas)`,
    });
  }
  return {
    count: parts.length,
    has: (address) => {
      const version = isIP(address);
      return version !== 0 && list.check(address, version === 4 ? 'ipv4' : 'ipv6');
    },
  };
});
