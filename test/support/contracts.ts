import type {
  ContractContents,
  ContractGate,
  ContractModes,
  ContractRules,
} from '#commands/contract-gate';
import type { ContractCommands } from '#commands/publish-contract';
import type { DirectionVerdict, GateComparison, GateJob } from '#contracts/gate/gate-report';
import { contractEvolution } from '#domain/contract';
import type { ContractBundle } from '#domain/contract-bundle';
import type { ChangeLevel, CompatibilityMode } from '#domain/contract-gate';
import { CONTRACT_POLICY_ID, contractPolicyEvolution } from '#domain/contract-policy';
import type { CommandId } from '#domain/event';
import { type Position, START } from '#domain/position';
import type { EventLog } from '#log/event-log';
import { subjectOf } from '#log/subjects';
import { commandEnvironment, freshSource } from '#test/support/command-env';

/** A schema of the fake gate: `1.2.3` against `1.2.0` is a patch, against `1.1.0` a minor, against `0.0.0` a major change. */
export function schemaOf(title: string): string {
  return JSON.stringify({ title });
}

/** A gate that reads titles: `?` cannot be proved, `bad` is a fault, and numbers say how much changes. */
export function fakeGate(): ContractGate & { readonly jobs: GateJob[] } {
  const jobs: GateJob[] = [];
  return {
    jobs,
    judge: async (job) => {
      jobs.push(job);
      const title = titleOf(job.candidate.jsonSchema);
      if (title === 'bad' || title === undefined) {
        const fault = { rule: 'bad', part: 'jsonSchema', message: 'It is bad' } as const;
        return { faults: [fault], warnings: [], comparisons: [], level: 'none', isCutShort: false };
      }
      const comparisons = job.predecessors.map(({ version, content }) =>
        compare({ version, mode: job.mode, from: titleOf(content.jsonSchema) ?? '', to: title }),
      );
      const levels: ChangeLevel[] = ['none', 'patch', 'minor', 'major'];
      const level = levels.findLast((one) => comparisons.some((each) => each.level === one));
      return { faults: [], warnings: [], comparisons, level: level ?? 'none', isCutShort: false };
    },
  };
}

function titleOf(schema: string | undefined): string | undefined {
  try {
    return (JSON.parse(schema ?? '{}') as { title?: string }).title;
  } catch {
    return undefined;
  }
}

function compare(at: {
  readonly version: string;
  readonly mode: CompatibilityMode;
  readonly from: string;
  readonly to: string;
}): GateComparison {
  const { version, mode, from, to } = at;
  const [a, b] = [from.split('.'), to.split('.')];
  const at0 = [0, 1, 2].findIndex((i) => a[i] !== b[i]);
  const verdict = (kind: DirectionVerdict['kind']): DirectionVerdict =>
    kind === 'unknown' ? { kind, reason: 'it is hard' } : { kind };
  const known = from !== '?' && to !== '?';
  const backward = verdict(!known ? 'unknown' : at0 === 0 ? 'incompatible' : 'compatible');
  const forward = verdict(
    !known ? 'unknown' : at0 === 0 || at0 === 1 ? 'incompatible' : 'compatible',
  );
  const needed = [
    ...(/^(BACK|FULL)/.test(mode) ? [backward] : []),
    ...(/^(FORW|FULL)/.test(mode) ? [forward] : []),
  ];
  const isCompatible = needed.every(({ kind }) => kind === 'compatible');
  const own = (['major', 'minor', 'patch'] as const)[at0] ?? 'none';
  return {
    version,
    isCompatible,
    backward,
    forward,
    level: isCompatible ? (known ? own : 'minor') : 'major',
    changes: [
      {
        rule: 'title-changed',
        part: 'jsonSchema',
        message: `Title went from "${from}" to "${to}"`,
        breaks: [],
        isBreaking: !isCompatible,
        isFeature: own === 'minor',
        counterExample: { document: from, validUnder: 'older', refusal: 'no' },
      },
    ],
    changesOmitted: 0,
  };
}

/** Contents read straight from the log. */
export function logContents(log: EventLog): ContractContents {
  return {
    find: async (scope, name, version) => {
      let found: { bundle: ContractBundle; position: Position; publisher: string } | undefined;
      let state = contractEvolution.initial;
      const subject = subjectOf({ scope, kind: 'contract', id: name });
      for (const { event, metadata, position } of await log.readSubject(subject, START)) {
        const parsed = contractEvolution.parse(event);
        state = contractEvolution.evolve(state, parsed, metadata.time);
        if (parsed.type !== 'ContractPublished' || parsed.data.bundle.version !== version) continue;
        const { bundle, publisher = metadata.actor } = parsed.data;
        found = { bundle, position, publisher };
      }
      const stage = state.versions.get(version)?.stage;
      return found === undefined || stage === undefined ? undefined : { ...found, stage };
    },
  };
}

function logModes(log: EventLog): ContractModes {
  const source = freshSource(log, 'contract-policy', contractPolicyEvolution);
  return {
    defaultMode: async (scope) => {
      const { aggregate } = await source.load(scope, CONTRACT_POLICY_ID, '' as CommandId);
      return aggregate.state.defaultMode;
    },
  };
}

/** Rules with one production environment, `prod`. */
export const someRules: ContractRules = {
  defaultMode: 'BACKWARD',
  productionEnvironments: new Set(['prod']),
  assertsFormats: true,
  stepsMax: 1_000,
  comparisonsMax: 10,
};

/** Commands about contracts on a log, with a fake gate where no other is given. */
export function contractCommandsOn(
  log: EventLog,
  overrides: Partial<ContractCommands> = {},
): ContractCommands {
  return {
    env: commandEnvironment(),
    log,
    source: freshSource(log, 'contract', contractEvolution),
    gate: fakeGate(),
    contents: logContents(log),
    modes: logModes(log),
    rules: someRules,
    ...overrides,
  };
}
