import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Json } from '#domain/canonical-json';
import { type DescribedApi, describedApi } from '#test/support/fuzz/described-api';
import { AnswerJudge, type FuzzAnswer } from '#test/support/fuzz/fuzz-answers';
import { FUZZ_SETTINGS } from '#test/support/fuzz/fuzz-bed';
import { curlLine, type FuzzRequest } from '#test/support/fuzz/fuzz-requests';
import { FuzzSender } from '#test/support/fuzz/fuzz-sender';
import { startTestNats, type TestNats } from '#test/support/nats';
import { startTestRegistry } from '#test/support/registry';
import { tempFolder } from '#test/support/temp';

const LANES = 24;
const FAULTS_SHOWN = 12;

/** One request as it is sent. */
export type SentRequest = Partial<Pick<FuzzRequest, 'method' | 'headers' | 'body'>> &
  Pick<FuzzRequest, 'target'>;

/** A registry on a broker that the test sees into, in a folder inside a folder of its own. */
export interface HostileBed extends AsyncDisposable {
  readonly url: string;
  readonly api: DescribedApi;
  readonly nats: TestNats;
  /** What is wrong with the answers so far. */
  readonly faults: Set<string>;
  /** Sends a request, and notes where its answer is not as the document describes. */
  send(request: SentRequest): Promise<FuzzAnswer>;
  /** Sends JSON. */
  post(path: string, body: Json, method?: 'POST' | 'PUT'): Promise<FuzzAnswer>;
  note(fault: string): void;
  /** Does work on many things, several at a time. */
  forAll<T>(things: Iterable<T>, work: (thing: T) => Promise<void>): Promise<void>;
  /** Gives the files around and in the data folder, relative to the folder around it. */
  files(): readonly string[];
  /** Gives every subject that was ever written to. */
  subjects(): Promise<readonly string[]>;
  /** Gives every body that is in the log. */
  events(): Promise<readonly Json[]>;
}

/** Starts one. */
export async function startHostileBed(): Promise<HostileBed> {
  const outer = tempFolder();
  const dataDir = join(outer.path, 'a', 'data');
  mkdirSync(dataDir, { recursive: true });
  const nats = await startTestNats({ provision: false });
  const { url: broker, token } = nats.server;
  const started = await startTestRegistry({
    ...FUZZ_SETTINGS,
    ATLAS_DATA_DIR: dataDir,
    NATS_URL: broker.replace('nats://', `nats://${token}@`),
  });
  const { url } = started.registry;
  const api = await describedApi(url);
  const judge = new AnswerJudge(api);
  const sender = new FuzzSender(url, LANES);
  const faults = new Set<string>();
  const note = (fault: string): void => {
    if (faults.size < FAULTS_SHOWN) faults.add(fault);
  };
  const send = async (sent: SentRequest): Promise<FuzzAnswer> => {
    const [operation] = api.operations;
    if (operation === undefined) throw new Error('the document has no operations');
    const base = { kind: 'wrong', operation, method: 'GET', headers: [], body: undefined } as const;
    const request: FuzzRequest = { ...base, ...sent };
    const answer = await sender.send(request);
    const fault = judge.faultOf(request, answer);
    if (fault !== undefined) note(`${fault}\n  ${curlLine(url, request).slice(0, 1_500)}`);
    return answer;
  };
  return {
    url,
    api,
    nats,
    faults,
    send,
    note,
    post: (path, body, method = 'POST') =>
      send({
        method,
        target: path,
        headers: [['content-type', 'application/json']],
        body: Buffer.from(JSON.stringify(body)),
      }),
    async forAll(things, work) {
      const waiting = things[Symbol.iterator]();
      const lane = async (): Promise<void> => {
        for (let next = waiting.next(); next.done !== true; next = waiting.next())
          await work(next.value);
      };
      await Promise.all(Array.from({ length: LANES }, lane));
    },
    files: () => readdirSync(outer.path, { recursive: true, encoding: 'utf8' }),
    subjects: async () => Object.keys(await subjectsOf(nats)),
    events: async () => await eventsOf(nats),
    async [Symbol.asyncDispose]() {
      await sender[Symbol.asyncDispose]();
      await started[Symbol.asyncDispose]();
      await nats[Symbol.asyncDispose]();
      outer[Symbol.dispose]();
    },
  };
}

async function subjectsOf(nats: TestNats): Promise<Record<string, number>> {
  const { jsm } = await nats.connect();
  const found: Record<string, number> = Object.create(null);
  for (const stream of ['REGISTRY', 'JOBS']) {
    const { state } = await jsm.streams.info(stream, { subjects_filter: '>' });
    Object.assign(found, state.subjects ?? {});
  }
  return found;
}

async function eventsOf(nats: TestNats): Promise<readonly Json[]> {
  const { js } = await nats.connect();
  const events: Json[] = [];
  for (const stream of ['REGISTRY', 'JOBS']) {
    const consumer = await js.consumers.get(stream, { deliver_policy: 'all' as never });
    let left = (await consumer.info()).num_pending;
    const messages = await consumer.consume();
    for await (const message of messages) {
      events.push(message.json<Json>());
      left -= 1;
      if (left <= 0) break;
    }
    await messages.close();
  }
  return events;
}
