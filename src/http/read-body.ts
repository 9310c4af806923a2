import type { IncomingMessage } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { parseStrictJson } from '#contracts/json/parse-strict-json';
import { RegistryError } from '#domain/errors';
import { checkJsonShape, type JsonShapeLimits } from '#http/limits/json-shape';

export interface BodyLimits extends JsonShapeLimits {
  /** The largest body of a command. */
  readonly jsonBytesMax: number;
}

/** Counts a body by its bytes, unpacked. */
export type SettleBody = (bytes: number) => Promise<void>;

/** The limits of all bodies. */
export interface RequestLimits extends BodyLimits {
  /** The largest body that holds a contract. */
  readonly contractBytesMax: number;
}

/**
 * Reads a JSON body whole.
 * @throws UNSUPPORTED_MEDIA_TYPE, TOO_LARGE (before the rest is read), INVALID_JSON
 */
export async function readJson(
  request: IncomingMessage,
  limits: BodyLimits & { readonly isStrict?: boolean; readonly settleBody: SettleBody },
): Promise<unknown> {
  checkMedia(request, ['identity']);
  const bytes = await readBytes(request, limits.jsonBytesMax);
  await limits.settleBody(bytes.length);
  const text = bytes.toString('utf8');
  await checkJsonShape(text, limits);
  if (limits.isStrict === true) return readStrictly(text, limits);
  try {
    return JSON.parse(text);
  } catch (error) {
    const is = error instanceof Error ? error.message : String(error);
    throw new RegistryError('INVALID_JSON', `Cannot read the body: ${is} (want one JSON value)`);
  }
}

/**
 * Reads a JSON body as its text, whose reader is somebody else. It may be sent with gzip: the bound holds for what it
 * becomes, and no more than that is ever unpacked.
 * @throws UNSUPPORTED_MEDIA_TYPE, TOO_LARGE, INVALID_JSON for bytes that are no gzip or no UTF-8
 */
export async function readJsonText(
  request: IncomingMessage,
  limits: JsonShapeLimits & { readonly bytesMax: number; readonly settleBody: SettleBody },
): Promise<string> {
  const { bytesMax } = limits;
  const encoding = checkMedia(request, ['identity', 'gzip']);
  const sent = await readBytes(request, bytesMax);
  const bytes = encoding === 'gzip' ? await unpacked(sent, bytesMax) : sent;
  await limits.settleBody(bytes.length);
  const text = await utf8Of(bytes);
  await checkJsonShape(text, limits);
  return text;
}

/** What is decoded in one turn of the event loop: at most some 10 ms. */
const TURN_BYTES = 1_048_576;

async function utf8Of(bytes: Buffer): Promise<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    if (bytes.length <= TURN_BYTES) return decoder.decode(bytes);
    const parts: string[] = [];
    for (let at = 0; at < bytes.length; at += TURN_BYTES) {
      parts.push(decoder.decode(bytes.subarray(at, at + TURN_BYTES), { stream: true }));
      await nextTurn();
    }
    return parts.join('') + decoder.decode();
  } catch (cause) {
    throw notJson('it is no UTF-8', cause);
  }
}

const gunzipped = promisify(gunzip) as (bytes: Buffer, options: object) => Promise<Buffer>;

async function unpacked(bytes: Buffer, bytesMax: number): Promise<Buffer> {
  try {
    return await gunzipped(bytes, { maxOutputLength: bytesMax });
  } catch (cause) {
    if (cause instanceof RangeError) throw tooLarge(bytesMax);
    throw notJson('it is no gzip', cause);
  }
}

function notJson(is: string, cause: unknown): RegistryError {
  return new RegistryError(
    'INVALID_JSON',
    `Cannot read the body: ${is} (want JSON, as it is or with Content-Encoding: gzip)`,
    { cause, outcome: 'not-applied' },
  );
}

function checkMedia(request: IncomingMessage, encodings: readonly string[]): string {
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  if (type === 'application/json' && encodings.includes(encoding)) return encoding;
  const want = encodings.length === 1 ? 'not encoded' : 'not encoded or with gzip';
  throw new RegistryError(
    'UNSUPPORTED_MEDIA_TYPE',
    `Cannot read the body: it is "${type ?? ''}", encoded "${encoding}" (want Content-Type: application/json, ${want})`,
  );
}

/** Reads JSON whose every reader understands the same. @throws INVALID_JSON with the place of every fault */
function readStrictly(text: string, { jsonBytesMax }: Pick<BodyLimits, 'jsonBytesMax'>): unknown {
  const parsed = parseStrictJson(text, { bytesMax: jsonBytesMax });
  if (parsed.kind === 'parsed') return parsed.value;
  const [first] = parsed.faults;
  throw new RegistryError(
    'INVALID_JSON',
    `Cannot read the body: line ${first?.line ?? 1}, column ${first?.column ?? 1}: ${first?.message ?? 'it is no JSON'} (want one JSON value that every reader understands the same)`,
    { details: { faults: parsed.faults }, outcome: 'not-applied' },
  );
}

async function readBytes(request: IncomingMessage, bytesMax: number): Promise<Buffer> {
  const declared = Number(request.headers['content-length'] ?? 0);
  if (declared > bytesMax) throw tooLarge(bytesMax);
  return await new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    // Events, not an iterator: that one costs as much as the rest of reading a small body.
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= bytesMax) chunks.push(chunk);
      else {
        request.removeAllListeners('data');
        request.pause();
        reject(tooLarge(bytesMax));
      }
    });
    request.on('end', () => resolve(Buffer.concat(chunks, bytes)));
    request.on('error', (cause) => reject(clientGone(cause)));
  });
}

/** Gives the body as it comes. @throws INVALID_REQUEST when the client goes away before its end */
export async function* bodyOf(request: IncomingMessage): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) yield chunk;
  } catch (cause) {
    throw request.destroyed ? clientGone(cause) : cause;
  }
}

function clientGone(cause: unknown): RegistryError {
  return new RegistryError(
    'INVALID_REQUEST',
    'Cannot read the body: the client went away before its end',
    { cause },
  );
}

function tooLarge(bytesMax: number): RegistryError {
  return new RegistryError(
    'TOO_LARGE',
    `Cannot read the body: it is larger (want at most ${bytesMax} bytes)`,
    {
      details: { bytesMax },
    },
  );
}
