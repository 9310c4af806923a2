import { z } from 'zod';

/** One setting: its name in the environment, what it takes, and what it is for. */
export interface Setting<T> {
  readonly env: string;
  readonly schema: z.ZodType<T>;
  /** As it would be written in the environment; absent where the setting has none. */
  readonly default?: string;
  readonly doc: string;
  /** Never shown in logs or dumps. */
  readonly secret?: boolean;
}

/** Bytes of a mebibyte. */
export const MIB = 1_048_576;

/** A text that is not empty. */
export const text = z.string().min(1, 'want a text that is not empty');
/** Yes or no, as people write it. */
export const flag = z
  .enum(['true', 'false', '1', '0', 'yes', 'no'], 'want true or false')
  .transform((value) => ['true', '1', 'yes'].includes(value));

/** Where a server listens. */
export const bindAddress = z
  .string()
  .regex(/^(\[[0-9a-fA-F:.]+\]|[^:[\]]+):\d{1,5}$/, 'want host:port, for example 127.0.0.1:3001')
  .transform((value) => {
    const colon = value.lastIndexOf(':');
    return {
      host: value.slice(0, colon).replaceAll(/[[\]]/g, ''),
      port: Number(value.slice(colon + 1)),
    };
  })
  .refine(({ port }) => port <= 65_535, 'want a port from 0 to 65535');

/** A whole number within limits. */
export function whole(min: number, max: number) {
  const want = `want a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,15}$/, want)
    .transform(Number)
    .pipe(z.number().min(min, want).max(max, want));
}

/** Makes a setting; its type is that of its schema. */
export function setting<T>(
  env: string,
  schema: z.ZodType<T>,
  rest: Omit<Setting<T>, 'env' | 'schema'>,
): Setting<T> {
  return { env, schema, ...rest };
}
