import { type Dispatcher, Pool } from 'undici';
import type { FuzzAnswer } from '#test/support/fuzz/fuzz-answers';
import type { FuzzRequest } from '#test/support/fuzz/fuzz-requests';

// A stream of events has no end: so long it is read.
const STREAM_MS = 40;
const ANSWER_MS_MAX = 20_000;

/** Sends requests and reads their answers whole; an answer that does not come in time is an error. */
export class FuzzSender implements AsyncDisposable {
  readonly #pool: Pool;

  constructor(base: string, connections: number) {
    this.#pool = new Pool(base, { connections, keepAliveTimeout: 2_000 });
  }

  async send({ method, target, headers, body }: FuzzRequest): Promise<FuzzAnswer> {
    const started = performance.now();
    const answer = await this.#pool.request({
      path: target,
      method,
      headers: headers.flatMap(([name, value]) => [name, value]),
      body: body ?? null,
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
    });
    return {
      status: answer.statusCode,
      headers: lowerCased(answer.headers),
      body: await readWhole(answer),
      durationMs: performance.now() - started,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.destroy();
  }
}

function lowerCased(headers: FuzzAnswer['headers']): FuzzAnswer['headers'] {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
}

async function readWhole({ headers, body }: Dispatcher.ResponseData): Promise<Buffer> {
  const isStream = String(headers['content-type']).startsWith('text/event-stream');
  if (!isStream) return Buffer.from(await body.arrayBuffer());
  const chunks: Buffer[] = [];
  const timer = setTimeout(() => body.destroy(), STREAM_MS);
  try {
    for await (const chunk of body) chunks.push(chunk as Buffer);
  } catch {
    // It was cut off here.
  } finally {
    clearTimeout(timer);
  }
  return Buffer.concat(chunks);
}
