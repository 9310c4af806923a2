import { beginJobRun } from '#commands/begin-job-run';
import { claimJobAction } from '#commands/claim-job-action';
import { type ActionEnding, endJobAction } from '#commands/end-job-action';
import { expireJobRun } from '#commands/expire-job-run';
import { finishJobRun } from '#commands/finish-job-run';
import { progressJobRun } from '#commands/progress-job-run';
import { recordLineage } from '#commands/record-lineage';
import { requestRun } from '#commands/request-run';
import type { CommandContext } from '#commands/run-command';
import { startJobRun } from '#commands/start-job-run';
import type { JsonObject } from '#domain/canonical-json';
import { isRegistryError } from '#domain/errors';
import { JOB_KINDS, parseJobRunId } from '#domain/job-run';
import { JOB_OUTCOMES } from '#domain/job-run-step';
import { parseScope } from '#domain/scope';
import { readLineageEvent } from '#lineage/read-lineage-event';
import type { EventLog } from '#log/event-log';
import { commandContext, commandEnvironment } from '#test/support/command-env';
import { lineageCommandsOn, plannedAction, runCommandsOn, startOf } from '#test/support/job-runs';
import type { Seeded } from '#test/support/seed';

const SCOPES = [
  parseScope('default', 'dev'),
  parseScope('default', 'prod'),
  parseScope('acme', 'dev'),
] as const;
const TYPES = ['START', 'RUNNING', 'COMPLETE', 'FAIL', 'ABORT', 'OTHER'] as const;

/** Writes a random history of runs of this registry, reported runs and documents. Few ids, so that they meet. */
export async function writeJobHistory(
  log: EventLog,
  events: number,
  random: Seeded,
): Promise<void> {
  let nowMs = Date.parse('2026-01-01T00:00:00Z');
  const clock = { ...commandEnvironment().clock, nowMs: () => nowMs };
  const commands = runCommandsOn(log, {
    env: commandEnvironment({ clock }),
    actions: [plannedAction(0), plannedAction(1)],
  });
  const lineage = lineageCommandsOn(log);
  const ids = Math.max(3, Math.floor(events / 8));
  const target = (await log.head()).last + events;
  for (let i = 0; (await log.head()).last < target; i += 1) {
    nowMs += random.int(5_000);
    const context = { ...commandContext(), scope: random.pick(SCOPES) };
    const id = parseJobRunId(`run-${random.int(ids)}`);
    const step = { commands, context, id: id as string, random, i };
    const steps = [
      () => someStart(step),
      () => someStart(step),
      () => beginJobRun(commands, context, { id, by: 'ü\t' }),
      () => progressJobRun(commands, context, { id, progress: { done: i, message: 'a\nb' } }),
      () => someEnd(step),
      () => someEnd(step),
      () => expireJobRun(commands, context, { id, listeningSince: '2025-01-01T00:00:00.000Z' }),
      () => claimJobAction(commands, context, { id, action: random.int(2), claimMs: 1_000 }),
      () => endJobAction(commands, context, { id, ...someResult(random) }),
      () => recordLineage(lineage, context, someLineage(i, random)),
      () => recordLineage(lineage, context, someLineage(i, random)),
      () => someRequest(step),
    ] as const;
    await ignoringRejections(random.pick(steps));
  }
}

interface Step {
  readonly commands: ReturnType<typeof runCommandsOn>;
  readonly context: CommandContext;
  readonly id: string;
  readonly random: Seeded;
  readonly i: number;
}

async function someStart({ commands, context, id, random, i }: Step): Promise<unknown> {
  const run = startOf(id, {
    job: `job-${random.int(3)}`,
    kind: random.pick(JOB_KINDS),
    inputs: ['a', 'b'],
    metadata: { note: `tab\there\nnewline \\ back "quoted" ü\u2028${i}` },
    ...(random.int(2) === 0 ? { timeoutMs: 1_000 * (1 + random.int(9)) } : {}),
    ...(random.int(3) === 0 ? { parentRunId: parseJobRunId('run-0'), correlationId: 'c 1' } : {}),
  });
  return await startJobRun(commands, context, { run, status: random.pick(['pending', 'running']) });
}

async function someRequest({ commands, context, id }: Step): Promise<unknown> {
  const resolved = { run: startOf(id), isShared: false };
  return await requestRun(commands, context, {
    id: parseJobRunId(id),
    resolve: async () => resolved,
  });
}

async function someEnd({ commands, context, id, random, i }: Step): Promise<unknown> {
  const outcome = random.pick(JOB_OUTCOMES);
  const end = { outcome, counts: { rows: i }, findings: { warning: random.int(3) } };
  return await finishJobRun(commands, context, {
    id: parseJobRunId(id),
    end,
    ...(random.int(2) === 0 ? { results: { rows: [i] } } : {}),
  });
}

function someResult(random: Seeded) {
  const detail = 'what "came" of it';
  const endings: readonly [ActionEnding, ...ActionEnding[]] = [
    { outcome: 'succeeded' },
    { outcome: 'dead', detail },
    { outcome: 'failed', detail, retryAfterMs: 5_000 },
  ];
  const ending = random.pick(endings);
  return { action: random.int(2), attempt: 1 + random.int(2), ending };
}

function someLineage(i: number, random: Seeded) {
  const eventTime = new Date(Date.parse('2026-02-01') + random.int(10_000)).toISOString();
  const base = { eventTime, producer: 'https://e.example/p', schemaURL: 'https://e.example/s' };
  const job = { namespace: 'n', name: `j${random.int(3)}` };
  const runId = `00000000-0000-4000-8000-00000000000${random.int(9)}`;
  const dataset = { namespace: 'n', name: `d${random.int(5)}`, facets: {} };
  const documents: readonly [JsonObject, JsonObject, JsonObject, JsonObject] = [
    { ...base, eventType: random.pick(TYPES), run: { runId }, job, inputs: [dataset] },
    { ...base, eventType: random.pick(TYPES), run: { runId }, job, outputs: [dataset] },
    { ...base, job, inputs: [dataset] },
    { ...base, dataset: { ...dataset, facets: { x: { _producer: 'p', _schemaURL: 's', i } } } },
  ];
  const read = readLineageEvent(random.pick(documents));
  if (read.kind === 'refused') throw new Error(JSON.stringify(read.faults));
  return read.event;
}

async function ignoringRejections(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isRegistryError(error)) throw error;
  }
}
