import { z } from 'zod';
import { ERROR_CODES } from '#domain/errors';

/** Schemas that several routes share. What is not listed in them is refused. */

// oxlint-disable-next-line no-control-regex -- they are what it keeps out
const PLAIN_TEXT = /^[^\u0000-\u001f\u007f-\u009f]*$/;
// oxlint-disable-next-line no-control-regex -- it is what it keeps out
const WITHOUT_NUL = /^[^\u0000]*$/;

/**
 * A text without control characters. The pattern has no flags: the OpenAPI document could not carry them.
 */
export function plainText(lengthMax: number) {
  return z.string().min(1).max(lengthMax).regex(PLAIN_TEXT, 'want no control characters');
}

/**
 * A map of texts to values. A member that is called `__proto__` is refused: it would be dropped without a word, and what is
 * taken is kept as it was sent.
 */
export function mapOf<T extends z.ZodType>(value: T, key: z.ZodString = z.string()) {
  return z.preprocess(
    (given, context) => {
      if (typeof given === 'object' && given !== null && Object.hasOwn(given, '__proto__'))
        context.addIssue({ code: 'custom', message: 'want no member that is called "__proto__"' });
      return given;
    },
    z.record(key, value),
  );
}

/** A text that is looked for. No backend of a view need hold a NUL. */
export function queryText(lengthMax: number) {
  return z.string().min(1).max(lengthMax).regex(WITHOUT_NUL, 'want no NUL');
}

/** A whole number in a query, written with digits only. */
export function integerQuery(range: { min: number; max: number; default: number }) {
  return z
    .string()
    .regex(/^\d{1,9}$/, 'want a whole number')
    .transform(Number)
    .pipe(z.number().int().min(range.min).max(range.max))
    .default(range.default)
    .meta({ type: 'integer', minimum: range.min, maximum: range.max, default: range.default });
}

export const timestamp = z
  .string()
  .meta({ format: 'date-time', example: '2026-01-31T12:00:00.000Z' });

export const sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .meta({ description: 'SHA-256, 64 lower-case hexadecimal digits' });

export const atQuery = z.string().optional().meta({
  description: 'Show the past: a position, or a time as RFC 3339.',
  example: '2026-01-31T12:00:00Z',
});

export const cursorQuery = z
  .string()
  .max(2_048)
  .optional()
  .meta({ description: 'Where the page before ended: its `next_cursor`.' });

export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    instance: z.string(),
    trace_id: z.string().optional(),
    code: z.enum([...ERROR_CODES, 'INTERNAL']),
    retryable: z.boolean(),
    outcome: z.enum(['not-applied', 'unknown']).optional(),
    details: z.record(z.string(), z.unknown()).optional(),
  })
  .meta({ id: 'Problem', description: 'What went wrong, as RFC 9457 says.' });
