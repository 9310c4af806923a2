import { isIP } from 'node:net';
import { z } from 'zod';

/** A network by an address in it and the bits that all of its addresses share. */
export interface Network {
  readonly address: string;
  readonly bits: number;
}

function networkOf(text: string): Network | undefined {
  const [address = '', given, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || address.includes('%') || rest.length > 0) return undefined;
  const bitsMax = version === 4 ? 32 : 128;
  if (given === undefined) return { address, bits: bitsMax };
  const bits = Number(given);
  return /^\d{1,3}$/.test(given) && bits <= bitsMax ? { address, bits } : undefined;
}

/** `10.0.0.0/8,fd00::/8,192.0.2.7` */
export const networkList = z.string().transform((text, context): readonly Network[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .flatMap((part) => {
      const network = networkOf(part);
      if (network !== undefined) return [network];
      context.addIssue({
        code: 'custom',
        message: `"${part}" is no address or network (want 192.0.2.7 or 10.0.0.0/8, with commas)`,
      });
      return [];
    }),
);
