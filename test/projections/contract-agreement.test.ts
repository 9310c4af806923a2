import { describe, expect, it } from 'vitest';
import { type Aggregate, advance, emptyAggregate } from '#domain/aggregate';
import { type ContractState, contractEvolution, type PublishedVersion } from '#domain/contract';
import { type ContractName, parseContractName } from '#domain/contract-name';
import { contractPolicyEvolution } from '#domain/contract-policy';
import { START } from '#domain/position';
import type { Scope } from '#domain/scope';
import { subjectOf } from '#log/subjects';
import type { ContractSummary } from '#projections/catalog/contract-lists';
import { type ContractBed, openContractBed } from '#test/support/catalog-bed';
import { commandContext, freshSource } from '#test/support/command-env';
import { HISTORY_SCOPES, writeRegistryHistory } from '#test/support/history';
import { forSeeds } from '#test/support/seed';

const names = ['c.n0', 'c.n1', 'c.n2', 'c.n3', 'c.last'].map(parseContractName);

function partOf({ version, stage, fingerprint, publisher }: ContractSummary | PublishedVersion) {
  return [version, stage, fingerprint, publisher].join(' ');
}

/** Compares one contract of the catalog with the log, after the event that brought it to this state. */
function compareAt(
  { contracts }: ContractBed,
  { scope, name }: { readonly scope: Scope; readonly name: ContractName },
  { state, revision }: Aggregate<ContractState>,
): number {
  expect(contracts.states.mode(scope, name, revision)).toBe(state.mode);
  const listed = contracts.versions(scope, name, revision).map(partOf);
  const known = [...state.versions.values()];
  expect(listed.toSorted()).toEqual(known.map(partOf).toSorted());
  for (const { version, bundle, stage } of known) {
    const found = contracts.find(scope, { name, version }, revision);
    expect(found).toMatchObject({ bundle, stage });
  }
  return known.length;
}

/** Compares one contract at every position where it changed. Gives how many versions and changes of stage it saw. */
async function compareContract(bed: ContractBed, scope: Scope, name: ContractName) {
  const seen = { versions: 0, steps: 0 };
  let aggregate = emptyAggregate(contractEvolution.initial);
  const subject = subjectOf({ scope, kind: 'contract', id: name });
  for (const recorded of await bed.log.readSubject(subject, START)) {
    aggregate = advance(aggregate, contractEvolution, recorded);
    if (recorded.event.type === 'ContractStageChanged') seen.steps += 1;
    seen.versions += compareAt(bed, { scope, name }, aggregate);
  }
  const loaded = await bed.commands.source.load(scope, name, commandContext().commandId);
  const { revision, hash } = aggregate;
  expect(loaded.aggregate).toMatchObject({ revision, hash });
  return seen;
}

async function comparePolicy({ log, contracts }: ContractBed, scope: Scope): Promise<void> {
  const at = [scope, 'compatibility', commandContext().commandId] as const;
  const folded = await freshSource(log, 'contract-policy', contractPolicyEvolution).load(...at);
  expect(await contracts.states.policies.load(...at)).toEqual(folded);
}

describe('what the catalog says of contracts', () => {
  it('is what the log says, at every position of a random history', async () => {
    const total = { versions: 0, steps: 0 };
    await forSeeds(2, async (random) => {
      using bed = openContractBed();
      await writeRegistryHistory(bed.log, 2_500, random);
      await bed.catchUp();
      for (const scope of HISTORY_SCOPES) {
        await comparePolicy(bed, scope);
        for (const name of names) {
          const seen = await compareContract(bed, scope, name);
          total.versions += seen.versions;
          total.steps += seen.steps;
        }
      }
    });
    console.info(`${total.versions} versions compared over ${total.steps} changes of stage`);
    expect(total.versions).toBeGreaterThan(1_500);
    expect(total.steps).toBeGreaterThan(40);
  });
});
