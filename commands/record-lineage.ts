import { append, reject } from '#commands/decision';
import {
  type CommandAnswer,
  type CommandContext,
  type CommandEnvironment,
  runCommand,
} from '#commands/run-command';
import type { AggregateSource } from '#domain/aggregate';
import { RegistryError } from '#domain/errors';
import type { CommandId, DomainEvent } from '#domain/event';
import type {
  LineageDatasetEvent,
  LineageEvent,
  LineageJobEvent,
  LineageRunEvent,
} from '#lineage/lineage-event';
import {
  type LineageDocumentState,
  type LineageRunState,
  lineageDocumentEvolution,
  lineageRunEvolution,
} from '#lineage/lineage-evolution';
import { LINEAGE_RUN_UNITS_MAX } from '#lineage/lineage-limits';
import type { LineageRun } from '#lineage/lineage-run';
import type { EventLog } from '#log/event-log';

/** What recording lineage needs. */
export interface LineageCommands {
  readonly env: CommandEnvironment;
  readonly log: EventLog;
  readonly runs: AggregateSource<LineageRunState>;
  readonly documents: AggregateSource<LineageDocumentState>;
}

/** What an event of OpenLineage has come to; with nothing recorded it was known already. */
export type LineageAnswer = Pick<
  CommandAnswer<unknown, DomainEvent>,
  'recorded' | 'position' | 'replayed'
>;

/**
 * Records an event of OpenLineage, once: the event is its content, so that whoever sends it again is told that it is there.
 * Events of one run are put in order by the log; what they come to does not depend on it.
 * @throws TOO_LARGE, and what `runCommand` throws
 */
export async function recordLineage(
  commands: LineageCommands,
  context: Omit<CommandContext, 'commandId' | 'requestFingerprint'>,
  event: LineageEvent,
): Promise<LineageAnswer> {
  const { fingerprint } = event;
  const own = {
    ...context,
    commandId: `lineage:${fingerprint}` as CommandId,
    requestFingerprint: fingerprint,
  };
  return event.kind === 'run'
    ? await recordRun(commands, own, event)
    : await recordDocument(commands, own, event);
}

async function recordRun(
  { env, log, runs }: LineageCommands,
  context: CommandContext,
  event: LineageRunEvent,
): Promise<LineageAnswer> {
  return await runCommand(env, context, {
    kind: 'lineage-run',
    id: event.runId,
    log,
    source: runs,
    evolution: lineageRunEvolution,
    decide: (state) => {
      if (state?.events.items.includes(event.fingerprint) === true) return { kind: 'unchanged' };
      if (state !== undefined && !hasRoom(state, event)) return reject(full(event));
      return append({
        type: 'LineageEventReceived',
        data: { event: event.document },
        read: event,
      });
    },
  });
}

// Runs of few small events are never near the bound, and to measure one costs as much as to write it.
const MEASURED_FROM_EVENTS = 100;
const MEASURED_FROM_BYTES = 262_144;

/** Tells whether what is known of a run and one event more stay within what a view can hold. */
function hasRoom(run: LineageRun, { bytes }: LineageRunEvent): boolean {
  if (run.events.items.length < MEASURED_FROM_EVENTS && bytes < MEASURED_FROM_BYTES) return true;
  return JSON.stringify(run).length + bytes <= LINEAGE_RUN_UNITS_MAX;
}

function full({ runId, bytes }: LineageRunEvent): RegistryError {
  return new RegistryError(
    'TOO_LARGE',
    `Cannot record lineage event of run "${runId}": with its ${bytes} bytes more is known of the run than can be kept (want at most ${LINEAGE_RUN_UNITS_MAX} in all)`,
    { details: { runId, bytes, bytesMax: LINEAGE_RUN_UNITS_MAX }, outcome: 'not-applied' },
  );
}

async function recordDocument(
  { env, log, documents }: LineageCommands,
  context: CommandContext,
  event: LineageJobEvent | LineageDatasetEvent,
): Promise<LineageAnswer> {
  return await runCommand(env, context, {
    kind: 'lineage-document',
    id: event.fingerprint,
    log,
    source: documents,
    evolution: lineageDocumentEvolution,
    decide: (state) =>
      state !== undefined
        ? { kind: 'unchanged' }
        : append({
            type: 'LineageDocumentReceived',
            data: { event: event.document },
            read: event,
          }),
  });
}
