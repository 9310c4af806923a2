import { append } from '#commands/decision';
import {
  type CommandAnswer,
  type CommandContext,
  type CommandEnvironment,
  runCommand,
} from '#commands/run-command';
import type { AggregateSource } from '#domain/aggregate';
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
  context: Pick<CommandContext, 'scope' | 'actor'>,
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
    decide: (state) =>
      state?.events.items.includes(event.fingerprint) === true
        ? { kind: 'unchanged' }
        : append({
            type: 'LineageEventReceived',
            data: { event: event.document },
            read: event,
          }),
  });
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
