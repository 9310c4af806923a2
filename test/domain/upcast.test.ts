import { describe, expect, it } from 'vitest';
import { actionProfileEvolution } from '#domain/action-profile';
import type { Evolution } from '#domain/aggregate';
import { contractEvolution } from '#domain/contract';
import { contractPolicyEvolution } from '#domain/contract-policy';
import { datasetEvolution } from '#domain/dataset';
import type { DomainEvent } from '#domain/event';
import { jobDefinitionEvolution } from '#domain/job-definition';
import { jobRunEvolution } from '#domain/job-run';
import { runRequestEvolution } from '#domain/run-request';
import { DATA_VERSION, isReadableDataVersion } from '#domain/upcast';

/** Every kind of aggregate with all the types of events that it has. */
const KINDS = {
  dataset: {
    parse: (event: DomainEvent) => datasetEvolution.parse(event),
    types: ['DatasetRegistered', 'DatasetObjectsReplaced', 'DatasetPublished', 'DatasetWithdrawn'],
  },
  contract: {
    parse: (event: DomainEvent) => contractEvolution.parse(event),
    types: ['ContractPublished', 'ContractStageChanged', 'CompatibilityModeSet'],
  },
  'contract-policy': {
    parse: (event: DomainEvent) => contractPolicyEvolution.parse(event),
    types: ['DefaultCompatibilityModeSet'],
  },
  'action-profile': {
    parse: (event: DomainEvent) => actionProfileEvolution.parse(event),
    types: ['ActionProfileDefined', 'ActionProfileStageChanged'],
  },
  'job-definition': {
    parse: (event: DomainEvent) => jobDefinitionEvolution.parse(event),
    types: ['JobDefined', 'JobStageChanged'],
  },
  'run-request': {
    parse: (event: DomainEvent) => runRequestEvolution.parse(event),
    types: ['JobRunRequested'],
  },
  'job-run': {
    parse: (event: DomainEvent) => jobRunEvolution.parse(event),
    types: [
      'JobRunSubmitted',
      'JobRunStarted',
      'JobRunBegan',
      'JobRunProgressed',
      'JobRunFinished',
      'JobRunTimedOut',
      'JobActionClaimed',
      'JobActionEnded',
    ],
  },
} satisfies Record<string, { parse: Evolution<never, DomainEvent>['parse']; types: string[] }>;

describe('reading events of other versions', () => {
  it('every kind reads the types that it has ever written', () => {
    for (const { parse, types } of Object.values(KINDS)) {
      for (const type of types) expect(parse({ type, data: {} })).toEqual({ type, data: {} });
    }
  });

  it('every kind refuses a type that it does not know, those of other kinds and of the language too', () => {
    for (const [kind, { parse, types }] of Object.entries(KINDS)) {
      const foreign = Object.values(KINDS).flatMap((other) => other.types);
      for (const type of [...foreign, 'SomethingElse', '', 'constructor', '__proto__']) {
        if (types.includes(type)) continue;
        expect(() => parse({ type, data: {} }), type).toThrow(
          expect.objectContaining({
            code: 'CORRUPT_EVENT',
            message: `Cannot read ${kind} event "${type}": its type is unknown (want a node of the version that wrote it)`,
            details: { kind, type },
          }) as Error,
        );
      }
    }
  });

  it('data versions from 1 to the one that is written are readable, and no other number', () => {
    expect(isReadableDataVersion(1)).toBe(true);
    expect(isReadableDataVersion(DATA_VERSION)).toBe(true);
    for (const version of [DATA_VERSION + 1, 0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(isReadableDataVersion(version), String(version)).toBe(false);
    }
  });
});
