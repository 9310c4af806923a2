import { describe, expect, it } from 'vitest';
import { type Precondition, refuseUnmet } from '#commands/precondition';
import { registerDataset } from '#commands/register-dataset';
import { datasetEvolution } from '#domain/dataset';
import { parseDatasetName } from '#domain/dataset-name';
import { type Revision, START, toPosition } from '#domain/position';
import { KeyedQueue } from '#flow/keyed-queue';
import {
  blindSource,
  commandContext,
  commandEnvironment,
  freshSource,
  memoryLog,
} from '#test/support/command-env';
import { forSeeds } from '#test/support/seed';

const NAME = parseDatasetName('a/b');

function holds(precondition: Precondition, revision: Revision): boolean {
  return refuseUnmet({ name: NAME, precondition }, revision) === undefined;
}

describe('refuseUnmet()', () => {
  it('lets everything through where nothing is asked for', () => {
    expect(refuseUnmet({ name: NAME }, START)).toBeUndefined();
    expect(refuseUnmet({ name: NAME, precondition: {} }, toPosition(7))).toBeUndefined();
  });

  it.each([
    [{ match: 'any' }, false, true, true],
    [{ match: [7] }, false, true, false],
    [{ match: [1, 7] }, false, true, false],
    [{ match: [] }, false, false, false],
    [{ noneMatch: 'any' }, true, false, false],
    [{ noneMatch: [7] }, true, false, true],
    [{ noneMatch: [] }, true, true, true],
    [{ match: 'any', noneMatch: [7] }, false, false, true],
  ] as readonly [Precondition, boolean, boolean, boolean][])(
    'holds %j against no dataset, revision 7 and revision 8',
    (precondition, atNone, atSeven, atEight) => {
      const seen = [START, toPosition(7), toPosition(8)].map((at) => holds(precondition, at));
      expect(seen).toEqual([atNone, atSeven, atEight]);
    },
  );

  it('says what is and what was wanted', () => {
    const decision = refuseUnmet(
      { name: NAME, precondition: { match: [toPosition(3)] } },
      toPosition(9),
    );
    expect(decision).toMatchObject({
      kind: 'reject',
      error: {
        code: 'PRECONDITION_FAILED',
        outcome: 'not-applied',
        details: { name: 'a/b', revision: 9 },
        message:
          'Cannot change dataset "a/b": it is at revision 9 (want revision 3, as the request says)',
      },
    });
  });
});

describe('registerDataset() with a precondition', () => {
  const request = (rowCount: number, precondition: Precondition) => ({
    name: NAME,
    schemaFingerprint: 'fp',
    objects: [],
    rowCount,
    precondition,
  });

  it('lets exactly one of 16 writers win each round, also when all see the same old state', async () => {
    await forSeeds(5, async (random) => {
      const log = memoryLog();
      const source = freshSource(log, 'dataset', datasetEvolution);
      let revision: Revision = START;
      for (let round = 0; round < 5; round += 1) {
        const precondition: Precondition =
          revision === START ? { noneMatch: 'any' } : { match: [revision] };
        const answers = await Promise.allSettled(
          Array.from({ length: 16 }, async (_, writer) => {
            // A queue of its own is a node of its own: only the log stands between them.
            const queue = new KeyedQueue({ waitingPerKeyMax: 10, waitingMax: 10 });
            const seen = random.int(2) === 0 ? source : blindSource(undefined);
            const commands = { env: commandEnvironment({ queue }), log, source: seen };
            return await registerDataset(commands, commandContext(), request(writer, precondition));
          }),
        );
        const won = answers.filter((answer) => answer.status === 'fulfilled');
        const lost = answers.filter((answer) => answer.status === 'rejected');
        expect(won).toHaveLength(1);
        for (const { reason } of lost)
          expect(reason).toMatchObject({ code: 'PRECONDITION_FAILED' });
        revision = won[0]?.value.position ?? START;
      }
      expect((await log.head()).last).toBe(5);
    });
  });

  it('gives a retry of the winner its first answer, though the precondition no longer holds', async () => {
    const log = memoryLog();
    const env = commandEnvironment();
    const commands = { env, log, source: freshSource(log, 'dataset', datasetEvolution) };
    const context = commandContext('key');
    const first = await registerDataset(commands, context, request(1, { noneMatch: 'any' }));
    const other = { match: [first.position] };
    await registerDataset(commands, commandContext(), request(2, other));
    const again = await registerDataset(commands, context, request(1, { noneMatch: 'any' }));
    expect(again).toMatchObject({ replayed: true, position: first.position });
    const blind = { ...commands, source: blindSource(undefined) };
    const late = await registerDataset(blind, context, request(1, { noneMatch: 'any' }));
    expect(late).toMatchObject({ replayed: true, position: first.position });
    expect((await log.head()).last).toBe(2);
  });
});
