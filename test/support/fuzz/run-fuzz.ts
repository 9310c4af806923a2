import { inspect } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { JsonObject } from '#domain/canonical-json';
import { describedApi, type FuzzOperation } from '#test/support/fuzz/described-api';
import { AnswerJudge, type FuzzAnswer } from '#test/support/fuzz/fuzz-answers';
import { curlLine, type FuzzRequest, fuzzRequest } from '#test/support/fuzz/fuzz-requests';
import { FuzzSender } from '#test/support/fuzz/fuzz-sender';
import { fuzzPools, type ValueSource } from '#test/support/fuzz/fuzz-values';
import { Learned } from '#test/support/fuzz/fuzz-words';
import { seeded } from '#test/support/seed';

/** How many requests are sent, and from which seed. */
export interface FuzzPlan {
  readonly url: string;
  readonly requests: number;
  readonly seed: number;
  /** Headers of every request, such as a token. */
  readonly headers?: FuzzRequest['headers'];
  readonly operations?: (operation: FuzzOperation) => boolean;
}

/** What a run has shown. */
export interface FuzzReport {
  readonly requests: number;
  /** How often each operation succeeded. */
  readonly successes: ReadonlyMap<string, number>;
  readonly operations: readonly string[];
  /** Different faults, each with the request that showed it. */
  readonly faults: readonly string[];
  readonly statuses: Readonly<Record<string, number>>;
  /** Memory of this process: after the first fifth, and at the end. */
  readonly warm: MemoryUse;
  readonly end: MemoryUse;
}

/** Memory in MiB, without what nobody holds any more. */
export interface MemoryUse {
  readonly rssMib: number;
  readonly heapMib: number;
}

const LANES = 24;
const WARM_SHARE = 0.2;
const FAULTS_MAX = 25;
const SHARES = { right: 0.5, nearly: 0.35 };

/** Sends so many requests made from the document, and judges every answer by it. */
export async function runFuzz(plan: FuzzPlan): Promise<FuzzReport> {
  const { url, requests, seed, headers = [], operations: wanted = () => true } = plan;
  const api = await describedApi(url);
  const operations = api.operations.filter(wanted);
  const learned = new Learned();
  const source: ValueSource = {
    random: seeded(seed),
    learned,
    schemas: api.document.components.schemas,
    pools: fuzzPools(seed),
  };
  const judge = new AnswerJudge(api);
  const successes = new Map<string, number>();
  const statuses: Record<string, number> = {};
  const faults = new Map<string, string>();
  let warm = memoryUse();
  let sent = 0;
  await using sender = new FuzzSender(url, LANES);
  const lane = async (): Promise<void> => {
    while (sent < requests && faults.size < FAULTS_MAX) {
      sent += 1;
      if (sent === Math.ceil(requests * WARM_SHARE)) warm = memoryUse();
      const made = fuzzRequest(operations, source, SHARES);
      const own = new Set(made.headers.map(([name]) => name));
      const all = [...headers.filter(([name]) => !own.has(name)), ...made.headers];
      const request = { ...made, headers: all };
      const fault = await faultOf(request);
      if (fault === undefined) continue;
      const kind = `${request.operation.operationId} ${fault}`.replaceAll(
        /[0-9a-f-]{30,}|\d+ ms/g,
        '#',
      );
      if (!faults.has(kind))
        faults.set(kind, `${fault}\n  ${curlLine(url, request).slice(0, 3_000)}`);
    }
  };
  const faultOf = async (request: FuzzRequest): Promise<string | undefined> => {
    try {
      const answer = await sender.send(request);
      statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
      note(request, answer);
      return judge.faultOf(request, answer);
    } catch (error) {
      return `no answer: ${inspect(error, { depth: 1, breakLength: Infinity })}`;
    }
  };
  const note = ({ kind, operation, method }: FuzzRequest, answer: FuzzAnswer): void => {
    if (kind === 'wrong' || answer.status >= 300 || method !== operation.method) return;
    const { operationId } = operation;
    successes.set(operationId, (successes.get(operationId) ?? 0) + 1);
    if (!String(answer.headers['content-type']).includes('json')) return;
    if (answer.headers['content-encoding'] !== undefined) return;
    const etag = answer.headers['etag'];
    try {
      const json = JSON.parse(answer.body.toString('utf8')) as JsonObject;
      learned.read(operationId, json, typeof etag === 'string' ? etag : undefined);
    } catch {
      // The judge says what is wrong with it.
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return {
    requests: sent,
    successes,
    operations: operations.map(({ operationId }) => operationId),
    faults: [...faults.values()],
    statuses,
    warm,
    end: memoryUse(),
  };
}

function memoryUse(): MemoryUse {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  const { rss, heapUsed } = process.memoryUsage();
  return { rssMib: Math.round(rss / 1_048_576), heapMib: Math.round(heapUsed / 1_048_576) };
}

/** Tells what a run has shown. */
export function fuzzText(report: FuzzReport, { seed }: Pick<FuzzPlan, 'seed'>): string {
  const { requests, successes, operations, statuses, warm, end } = report;
  const never = operations.filter((one) => !successes.has(one));
  return [
    `fuzz: ${requests} requests, ATLAS_FUZZ_SEED=${seed}`,
    `${operations.length - never.length} of ${operations.length} operations succeeded`,
    ...(never.length === 0 ? [] : [`never: ${never.join(', ')}`]),
    `answers ${JSON.stringify(statuses)}`,
    `memory ${warm.rssMib} MiB (heap ${warm.heapMib}) after a fifth, ${end.rssMib} MiB (heap ${end.heapMib}) at the end`,
  ].join('; ');
}
