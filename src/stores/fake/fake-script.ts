import { z } from 'zod';
import { RegistryError } from '#domain/errors';

const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

const stepSchema = z.strictObject({
  /** Answers with an HTTP status that is no success. */
  status: z.number().int().min(400).max(599).optional(),
  /** Waits before anything else. */
  delayMs: count.max(3_600_000).optional(),
  /** Never answers. */
  hangs: z.boolean().optional(),
  /** Gives the bytes of an artifact no faster than this. */
  bytesPerSecond: count.min(1).optional(),
  /** Ends the bytes of an artifact after so many, as if it were all. */
  endsAfter: count.optional(),
  /** Breaks the connection after so many bytes. */
  breaksAfter: count.optional(),
  /** Changes one byte: the length stays. */
  flipsByte: count.optional(),
  /** Goes on with zeros after the end, so many bytes. */
  goesOn: count.optional(),
  /** Names the catalog by another entity tag. */
  etag: z.string().optional(),
  /** Says that the catalog has not changed, whatever was asked. */
  notModified: z.boolean().optional(),
  /** Gives the first catalog that it ever gave. */
  oldest: z.boolean().optional(),
});

/** What one call meets. Without anything it is answered as the content says. */
export type FakeStep = z.output<typeof stepSchema>;

const steps = z.array(stepSchema).default([]);

const scriptSchema = z.strictObject({ catalog: steps, manifest: steps, artifact: steps });

/** What the calls of each kind meet, in turn. After the last step the calls are answered well. */
export type FakeScript = z.output<typeof scriptSchema>;

/** Reads a script. @throws INVALID_SETTING */
export function parseFakeScript(text: string): FakeScript {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw refusal('it is not JSON', cause);
  }
  const result = scriptSchema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw refusal(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'it does not fit'}`);
}

function refusal(is: string, cause?: unknown): RegistryError {
  return new RegistryError('INVALID_SETTING', `Cannot use the script of the fake store: ${is}`, {
    cause,
  });
}
