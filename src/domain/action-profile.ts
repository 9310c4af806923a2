import { type Action, readAction } from '#domain/action-parameters';
import type { Evolution } from '#domain/aggregate';
import {
  type ActionProfileId,
  type Defined,
  type Definition,
  type DefinitionState,
  type JobStageChange,
  withDefined,
  withStage,
} from '#domain/definition';
import {
  complete,
  DefinitionFaults,
  optional,
  readList,
  readMetadata,
  readObject,
  readTags,
  readText,
} from '#domain/definition-reader';
import { unknownEventType } from '#domain/upcast';

/** What a version of an action profile says: what is done when a run has ended, in this order. */
export type ActionProfileContent = {
  readonly name: string;
  readonly description?: string;
  readonly actions: readonly Action[];
  /** In order of their text. */
  readonly tags: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;
};

/** One version of an action profile. */
export type ActionProfile = ActionProfileContent & Definition & { readonly id: ActionProfileId };

export type ActionProfileEvent =
  | { readonly type: 'ActionProfileDefined'; readonly data: Defined<ActionProfile> }
  | { readonly type: 'ActionProfileStageChanged'; readonly data: JobStageChange };

export type ActionProfileState = DefinitionState<ActionProfile>;

/** The most actions of one profile. */
export const ACTIONS_MAX = 20;
/** The longest name of an action profile or job definition. */
export const DEFINITION_NAME_MAX = 255;
/** The longest description of one. */
export const DESCRIPTION_MAX = 10_000;

/**
 * Reads what a version of an action profile says, in its one form.
 * @throws INVALID_REQUEST with every fault and its path
 */
export function readActionProfile(value: unknown): ActionProfileContent {
  const faults = new DefinitionFaults();
  const content = readContent({ value, path: '', faults });
  faults.throwIfAny('action profile');
  if (content === undefined) throw new TypeError('A profile was refused without a fault');
  return content;
}

function readContent(part: Parameters<typeof readObject>[0]): ActionProfileContent | undefined {
  const members = readObject(part, ['name', 'description', 'actions', 'tags', 'metadata']);
  if (members === undefined) return undefined;
  const count = { countMin: 1, countMax: ACTIONS_MAX };
  const long = { lengthMin: 0, lengthMax: DESCRIPTION_MAX, isMultiline: true };
  return complete(
    {
      name: readText(members.name, { lengthMax: DEFINITION_NAME_MAX }),
      actions: readList(members.actions, count, readAction),
      tags: readTags(members.tags),
      metadata: readMetadata(members.metadata),
    },
    { description: optional(members.description, (one) => readText(one, long)) },
  );
}

/** How an action profile changes: versions are added and move from stage to stage; what they say never changes. */
export const actionProfileEvolution: Evolution<ActionProfileState, ActionProfileEvent> = {
  initial: { versions: new Map() },
  evolve(state, event, time) {
    switch (event.type) {
      case 'ActionProfileDefined':
        return withDefined(state, event.data, time);
      case 'ActionProfileStageChanged':
        return withStage(state, event.data);
      default:
        return event satisfies never;
    }
  },
  parse(event) {
    switch (event.type) {
      case 'ActionProfileDefined':
      case 'ActionProfileStageChanged':
        return event as unknown as ActionProfileEvent;
      default:
        throw unknownEventType('action-profile', event.type);
    }
  },
};
