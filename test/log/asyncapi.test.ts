import { readFileSync } from 'node:fs';
import { Parser } from '@asyncapi/parser';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { claimJobAction } from '#commands/claim-job-action';
import { endJobAction } from '#commands/end-job-action';
import { publishDataset } from '#commands/publish-dataset';
import { registerDataset } from '#commands/register-dataset';
import { withdrawDataset } from '#commands/withdraw-dataset';
import { datasetEvolution } from '#domain/dataset';
import { parseDatasetName } from '#domain/dataset-name';
import { sha256Of } from '#domain/digest';
import { EVENT_TYPES } from '#domain/event-types';
import { START, toPosition } from '#domain/position';
import { asyncApiDocument } from '#log/asyncapi';
import { decodeAttributes } from '#log/codec';
import type { EventLog, StoredMessage } from '#log/event-log';
import type { StreamName } from '#log/streams';
import { parseSubject } from '#log/subjects';
import { ASYNCAPI_PATH, asyncApiYaml } from '#test/support/asyncapi-document';
import { commandContext, commandEnvironment, freshSource } from '#test/support/command-env';
import { endRun } from '#test/support/ended-runs';
import { writeRegistryHistory } from '#test/support/history';
import { plannedAction, runCommandsOn } from '#test/support/job-runs';
import { openLog, startTestNats, type TestNats } from '#test/support/nats';
import { writeJobHistory } from '#test/support/run-history';
import { forSeeds } from '#test/support/seed';

const HEADERS_END = 2;
// Of the parser: errors and warnings; the others are hints.
const FAULTS: ReadonlySet<number> = new Set([0, 1]);

async function everything(log: EventLog): Promise<StoredMessage[]> {
  const { last } = await log.head();
  const { signal } = new AbortController();
  const range = { after: START, upTo: toPosition(last), batchMax: 500, signal };
  const messages: StoredMessage[] = [];
  for await (const batch of log.readRange(range)) messages.push(...batch);
  return messages;
}

function headersOf({ header }: StoredMessage): Record<string, string> {
  const lines = Buffer.from(header).toString().split('\r\n').slice(1, -HEADERS_END);
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(': ')), line.slice(line.indexOf(': ') + 2)]),
  );
}

describe('docs/asyncapi.yaml', () => {
  it('is what the code gives: make asyncapi', () => {
    expect(readFileSync(ASYNCAPI_PATH, 'utf8')).toBe(asyncApiYaml());
  });

  it('is AsyncAPI 3.0 without a fault', async () => {
    const { document, diagnostics } = await new Parser().parse(readFileSync(ASYNCAPI_PATH, 'utf8'));
    const faults = diagnostics.filter(({ severity }) => FAULTS.has(severity));
    expect(faults.map(({ message, path }) => `${path.join('.')}: ${message}`)).toEqual([]);
    expect(document?.version()).toBe('3.0.0');
    const channels = document?.channels().all() ?? [];
    expect(channels.map((one) => one.id()).toSorted()).toEqual(Object.keys(EVENT_TYPES).toSorted());
  }, 60_000);
});

describe('events in a real stream', () => {
  let nats: TestNats;
  beforeAll(async () => {
    nats = await startTestNats();
  });
  afterAll(async () => await nats[Symbol.asyncDispose]());

  it('are of every type, each on its channel, and as the document says of headers and data', async () => {
    const broker = await nats.connect();
    const open = (stream: StreamName) => openLog(broker, { stream });
    await forSeeds(1, async (random) => {
      await writeRegistryHistory(open('REGISTRY'), 500, random);
      await writeJobHistory(open('JOBS'), 300, random);
    });
    await publishAndWithdraw(open('REGISTRY'));
    await actOnRun(open('JOBS'));
    const messages = [...(await everything(open('REGISTRY'))), ...(await everything(open('JOBS')))];
    const document = asyncApiDocument('0');
    const ajv = addFormats.default(new Ajv({ strict: false, allErrors: true }));
    ajv.addSchema({ $id: 'atlas', ...document });
    const seen = new Set<string>();
    for (const message of messages) {
      const { type } = decodeAttributes(message);
      const { kind } = parseSubject(message.subject);
      expect(EVENT_TYPES[kind]).toContain(type);
      seen.add(type);
      const data = JSON.parse(Buffer.from(message.data).toString());
      expect([type, faultsOf(ajv, type, data)]).toEqual([type, []]);
      const headers = headersOf(message);
      expect(faultsOf(ajv, 'EventHeaders', headers)).toEqual([]);
      const described = document['components'] as Described;
      const known = Object.keys(described.schemas['EventHeaders']?.properties ?? {});
      expect(known).toEqual(expect.arrayContaining(Object.keys(headers)));
    }
    const all = Object.values(EVENT_TYPES).flat();
    expect(all.filter((type) => !seen.has(type))).toEqual([]);
  }, 60_000);

  it('that differ from the document are found', () => {
    const ajv = addFormats.default(new Ajv({ strict: false }));
    ajv.addSchema({ $id: 'atlas', ...asyncApiDocument('0') });
    expect(faultsOf(ajv, 'DatasetRegistered', { manifest: {} })).not.toEqual([]);
    expect(faultsOf(ajv, 'JobActionEnded', { action: 0, attempt: 1, outcome: 'x' })).not.toEqual(
      [],
    );
  });
});

async function publishAndWithdraw(log: EventLog): Promise<void> {
  const env = commandEnvironment();
  const source = freshSource(log, 'dataset', datasetEvolution);
  const name = parseDatasetName('published/one');
  const bytes = Buffer.from('a');
  const object = { key: 'a.txt', sha256: sha256Of('a'), bytes: bytes.length };
  const publisher = {
    stat: async () => ({ bytes: bytes.length }),
    async *read() {
      yield bytes;
    },
  };
  const commands = { env, log, source, publisher, inspect: async () => () => undefined };
  const command = { name, schemaFingerprint: 'fp', objects: [object], rowCount: 1 };
  await registerDataset(commands, commandContext(), command);
  await publishDataset(commands, commandContext(), { name, artifact: object });
  await withdrawDataset(commands, commandContext(), { name, reason: 'it was wrong' });
}

async function actOnRun(log: EventLog): Promise<void> {
  const commands = runCommandsOn(log);
  const id = await endRun(commands, [plannedAction()], { id: 'acted-on' });
  await claimJobAction(commands, commandContext(), { id, action: 0, claimMs: 1_000 });
  const result = { action: 0, attempt: 1, ending: { outcome: 'succeeded' } } as const;
  await endJobAction(commands, commandContext(), { id, ...result });
}

interface Described {
  readonly schemas: Readonly<Record<string, { readonly properties?: object }>>;
}

function faultsOf(ajv: Ajv, name: string, value: unknown): readonly unknown[] {
  const validate = ajv.getSchema(`atlas#/components/schemas/${name}`);
  if (validate === undefined) throw new Error(`there is no schema ${name}`);
  return validate(value) === true ? [] : (validate.errors ?? []);
}
