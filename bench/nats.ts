import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { headers, type MsgHdrs } from 'nats';
import { ROOT } from '#bench/harness';
import { startEmbeddedNats } from '#clients/embedded-nats';
import { type Broker, connectBroker } from '#clients/nats';
import { findNatsServer } from '#clients/nats-binary';
import { newId } from '#flow/new-id';
import { JetStreamLog } from '#log/jetstream-log';

/** A nats-server for one benchmark. */
export interface BenchNats extends AsyncDisposable {
  /** With the token in it. */
  readonly url: string;
  readonly broker: Broker;
  readonly folder: string;
}

/** Starts a nats-server as the registry would, in a temporary folder. */
export async function startBenchNats(options: {
  readonly syncAlways: boolean;
}): Promise<BenchNats> {
  const folder = mkdtempSync(join(tmpdir(), 'atlas-bench-'));
  const { path } = await findNatsServer({
    override: undefined,
    embeddedFolder: join(ROOT, 'embedded'),
    searchPath: process.env['PATH'] ?? '',
  });
  const server = await startEmbeddedNats({ binary: path, folder, syncAlways: options.syncAlways });
  const { url, token } = server;
  const broker = await connectBroker({ url, token, name: 'bench', connectTimeoutMs: 5_000 });
  return {
    url: url.replace('//', `//${token}@`),
    broker,
    folder,
    async [Symbol.asyncDispose]() {
      await broker.close();
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What a registration looks like on the wire, for bare publishes of the same size. */
export function sampleMessage(): { readonly body: Buffer; readonly newHeaders: () => MsgHdrs } {
  const hash = 'ab'.repeat(32);
  const manifest = {
    createdAt: '2026-01-01T00:00:00.000Z',
    datasetId: newId(),
    name: 'bench/12345678/x',
    objects: [{ bytes: 123_456, key: 'data.sqlite', sha256: hash }],
    rowCount: 1_000,
    schemaFingerprint: `sha256:${hash}`,
    status: 'registered',
    updatedAt: '2026-01-01T00:00:00.000Z',
  };
  return {
    body: Buffer.from(JSON.stringify({ manifest })),
    newHeaders: () => {
      const block = headers();
      block.set('content-type', 'application/json');
      for (const name of [
        'specversion',
        'source',
        'type',
        'subject',
        'time',
        'dataversion',
        'actor',
      ]) {
        block.set(`ce-${name}`, 'about twenty characters');
      }
      block.set('ce-commandid', newId());
      block.set('ce-requesthash', hash);
      return block;
    },
  };
}

/** Publishes with compare-and-set to fresh subjects, so many at a time; gives publishes per second. */
export async function barePublishes(
  { js }: Broker,
  options: { readonly inFlight: number; readonly seconds: number },
): Promise<number> {
  const { body, newHeaders } = sampleMessage();
  const end = performance.now() + options.seconds * 1_000;
  let count = 0;
  const lane = async (): Promise<void> => {
    while (performance.now() < end) {
      const expect = { lastSubjectSequence: 0 };
      await js.publish(`bare.${newId()}`, body, { headers: newHeaders(), msgID: newId(), expect });
      count += 1;
    }
  };
  const started = performance.now();
  await Promise.all(Array.from({ length: options.inFlight }, lane));
  return (count * 1_000) / (performance.now() - started);
}

/** Times single publishes one after the other; milliseconds each. */
export async function bareLatencies({ js }: Broker, count: number): Promise<number[]> {
  const { body, newHeaders } = sampleMessage();
  const times: number[] = [];
  for (let i = 0; i < count; i += 1) {
    const started = performance.now();
    const expect = { lastSubjectSequence: 0 };
    await js.publish(`bare.${newId()}`, body, { headers: newHeaders(), msgID: newId(), expect });
    times.push(performance.now() - started);
  }
  return times;
}

/** Counts a whole stream with an ordered consumer of the client; gives messages per second. */
export async function bareConsumer(
  { js }: Broker,
  stream: string,
  { messages, underWay = 100 }: { readonly messages: number; readonly underWay?: number },
): Promise<number> {
  const started = performance.now();
  const consumer = await js.consumers.get(stream);
  let count = 0;
  const feed = await consumer.consume({ max_messages: underWay });
  for await (const _ of feed) {
    count += 1;
    if (count === messages) break;
  }
  return (messages * 1_000) / (performance.now() - started);
}

/** Opens a stream of the benchmark's server as the registry does. */
export function openBenchLog({ nc, jsm, onReconnect }: Broker, stream: string): JetStreamLog {
  const limits = { messageBytesMax: 900_000, bodyBytesMax: 900_000, bodies: undefined };
  return new JetStreamLog({ nc, jsm, stream, limits, publishTimeoutMs: 10_000, onReconnect });
}
