import { append, reject } from '#commands/decision';
import {
  type DefinitionPlan,
  planDefinition,
  type WantedDefinition,
} from '#commands/plan-definition';
import {
  type CommandAnswer,
  type CommandContext,
  type CommandEnvironment,
  runCommand,
} from '#commands/run-command';
import type { AggregateSource, Evolution } from '#domain/aggregate';
import type { ContractVersion } from '#domain/contract-name';
import type { DefinedVersion, Definition, DefinitionState } from '#domain/definition';
import type { DomainEvent, Kind } from '#domain/event';
import type { EventLog } from '#log/event-log';

/** What defining a version needs. */
export interface DefineCommands<D extends Definition> {
  readonly env: CommandEnvironment;
  readonly log: EventLog;
  readonly source: AggregateSource<DefinitionState<D>>;
}

/** A version to be defined, of one kind of definitions. */
export type VersionToDefine<D extends Definition, E extends DomainEvent> = WantedDefinition & {
  readonly kind: Kind;
  readonly evolution: Evolution<DefinitionState<D>, E>;
  /** Makes the event that defines the content under a version. */
  readonly eventOf: (version: ContractVersion) => E;
  /** Gives the version that an event has defined; `undefined` for events of another type. */
  readonly definedBy: (event: E) => ContractVersion | undefined;
};

/** What a definition has come to. */
export type DefinedAnswer<D extends Definition, E extends DomainEvent> = CommandAnswer<
  DefinitionState<D>,
  E
> & {
  /** The version as it stands now. */
  readonly defined: DefinedVersion<D>;
};

/**
 * Carries out the definition of a version, which begins as a draft. Two authors of the next version get one each.
 * @throws VERSION_CONFLICT, and what `runCommand` throws
 */
export async function defineVersion<D extends Definition, E extends DomainEvent>(
  { env, log, source }: DefineCommands<D>,
  context: CommandContext,
  { kind, evolution, eventOf, definedBy, ...wanted }: VersionToDefine<D, E>,
): Promise<DefinedAnswer<D, E>> {
  let plan: DefinitionPlan | undefined;
  const answer = await runCommand(env, context, {
    kind,
    id: wanted.id,
    log,
    source,
    evolution,
    decide: (state) => {
      plan = planDefinition(state, wanted);
      if (plan.kind === 'refused') return reject(plan.error);
      return plan.kind === 'existing' ? { kind: 'unchanged' } : append(eventOf(plan.version));
    },
  });
  // A retry is answered without a plan, by the event of the first time.
  const told = answer.recorded === undefined ? versionOf(plan) : definedBy(answer.recorded.event);
  const defined = told === undefined ? undefined : answer.state.versions.get(told);
  if (defined === undefined) throw new TypeError('A definition was answered without its version');
  return { ...answer, defined };
}

function versionOf(plan: DefinitionPlan | undefined): ContractVersion | undefined {
  return plan === undefined || plan.kind === 'refused' ? undefined : plan.version;
}
