import type { CommandContext } from '#commands/run-command';
import {
  type RunAnswer,
  type RunDefinition,
  type RunDefinitionCommands,
  runDefinition,
} from '#commands/run-definition';
import { canonicalJson } from '#domain/canonical-json';
import type { JobDefinitionId } from '#domain/definition';
import { sha256Of } from '#domain/digest';
import { isRegistryError, type RegistryError } from '#domain/errors';
import type { CommandId } from '#domain/event';
import { type ExternalEvent, isTriggeredBy } from '#domain/event-filter';
import type { JobDefinition } from '#domain/job-definition';
import type { Scope } from '#domain/scope';

/** What the command needs. */
export interface TriggerCommands extends RunDefinitionCommands {
  /** Gives the definitions that events may start: the highest active version of each. */
  readonly listening: (scope: Scope) => AsyncIterable<JobDefinition>;
}

/** What an event has come to for one definition that waits for it. */
export type TriggeredRun = { readonly definition: JobDefinitionId } & (
  | { readonly answer: RunAnswer }
  | { readonly error: RegistryError }
);

/**
 * Submits a run of every active definition that waits for an event. The same event again finds the runs that are there.
 * What one definition refuses does not hold up the others.
 * @throws what reading the definitions throws
 */
export async function triggerJobs(
  commands: TriggerCommands,
  context: CommandContext,
  event: ExternalEvent,
): Promise<readonly TriggeredRun[]> {
  const triggered: TriggeredRun[] = [];
  for await (const { id, version, trigger } of commands.listening(context.scope)) {
    if (!isTriggeredBy(trigger, event)) continue;
    const cause = { type: 'EXTERNAL_EVENT', source: event.source, eventId: event.id } as const;
    const run = { id, version, cause, correlationId: event.id };
    triggered.push(await submit(commands, commandOf(context, id), run));
  }
  return triggered;
}

/** One request is many commands: each has an id of its own that a retry finds again. */
function commandOf(context: CommandContext, id: JobDefinitionId): CommandContext {
  const commandId = sha256Of(canonicalJson([context.commandId, id])) as string as CommandId;
  return { ...context, commandId };
}

async function submit(
  commands: TriggerCommands,
  context: CommandContext,
  run: RunDefinition,
): Promise<TriggeredRun> {
  const { id: definition } = run;
  try {
    return { definition, answer: await runDefinition(commands, context, run) };
  } catch (error) {
    if (!isRegistryError(error)) throw error;
    return { definition, error };
  }
}
