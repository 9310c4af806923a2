import { append, type Decision, type DecisionContext, reject } from '#commands/decision';
import { type ConditionalCommand, refuseUnmet } from '#commands/precondition';
import {
  type CommandAnswer,
  type CommandContext,
  type CommandEnvironment,
  runCommand,
} from '#commands/run-command';
import type { AggregateSource } from '#domain/aggregate';
import {
  type DatasetEvent,
  type DatasetObject,
  type DatasetState,
  datasetEvolution,
} from '#domain/dataset';
import { datasetIdOf } from '#domain/dataset-name';
import { quote, RegistryError } from '#domain/errors';
import type { TableDeclaration } from '#domain/table-declaration';
import type { EventLog } from '#log/event-log';

/** What a publisher says of a dataset. */
export interface RegisterDataset extends ConditionalCommand {
  /** Names the schema of all rows; a name keeps its first fingerprint for ever. */
  readonly schemaFingerprint: string;
  readonly objects: readonly DatasetObject[];
  readonly rowCount: number | null;
  /** How the tables of its artifacts may be read. Absent: as before, for a new name not at all. */
  readonly tables?: readonly TableDeclaration[];
}

/** What commands about datasets need. */
export interface DatasetCommands {
  readonly env: CommandEnvironment;
  readonly log: EventLog;
  readonly source: AggregateSource<DatasetState>;
}

/**
 * Decides a registration. New name: registered. Same fingerprint: objects, row count and tables are replaced, `updatedAt`
 * moves, id and `createdAt` stay. Other fingerprint: refused, naming both.
 */
export function decideRegisterDataset(
  state: DatasetState,
  command: RegisterDataset,
  context: DecisionContext,
): Decision<DatasetEvent> {
  const { name, schemaFingerprint, objects, rowCount } = command;
  const tables = command.tables === undefined ? {} : { tables: command.tables };
  if (state === undefined) {
    const datasetId = datasetIdOf(context.scope, name);
    const times = { createdAt: context.time, updatedAt: context.time };
    const manifest = { datasetId, name, schemaFingerprint, objects, rowCount, ...tables, ...times };
    return append({
      type: 'DatasetRegistered',
      data: { manifest: { ...manifest, status: 'registered' } },
    });
  }
  if (state.schemaFingerprint !== schemaFingerprint) return reject(conflict(state, command));
  // Clocks of two nodes differ; a manifest never seems older than the one before it.
  const updatedAt = context.time > state.updatedAt ? context.time : state.updatedAt;
  return append({
    type: 'DatasetObjectsReplaced',
    data: { manifest: { ...state, objects, rowCount, ...tables, updatedAt } },
  });
}

/** Carries out a registration. @throws FINGERPRINT_CONFLICT, PRECONDITION_FAILED, and what `runCommand` throws */
export async function registerDataset(
  commands: DatasetCommands,
  context: CommandContext,
  command: RegisterDataset,
): Promise<CommandAnswer<DatasetState, DatasetEvent>> {
  return await runCommand(commands.env, context, {
    kind: 'dataset',
    id: command.name,
    log: commands.log,
    source: commands.source,
    evolution: datasetEvolution,
    decide: (state, at) =>
      refuseUnmet(command, at.revision) ?? decideRegisterDataset(state, command, at),
  });
}

function conflict(state: NonNullable<DatasetState>, command: RegisterDataset): RegistryError {
  const [have, got] = [state.schemaFingerprint, command.schemaFingerprint];
  return new RegistryError(
    'FINGERPRINT_CONFLICT',
    `Cannot register dataset ${quote(command.name)}: its schema fingerprint is ${quote(have)}, got ${quote(got)} (want the same fingerprint, or a new name for a new schema)`,
    { details: { name: command.name, have, got }, outcome: 'not-applied' },
  );
}
