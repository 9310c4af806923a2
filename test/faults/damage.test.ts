import { expect, it } from 'vitest';
import { type DamageCase, DamagedStreams } from '#test/faults/damage/damage-stream';
import { tempFolder } from '#test/support/temp';

const CASES = 40;

it('a damaged file of a broker is without consequence, or it is noticed: nothing is shown that was not written', async () => {
  using folder = tempFolder();
  await using streams = await DamagedStreams.write(folder.path);
  const seen: DamageCase[] = [];
  for (let seed = 1; seed <= CASES; seed += 1) seen.push(await streams.damage(seed));
  const counts = countOf(seen);
  process.stdout.write(`${CASES} damaged files, seeds 1 to ${CASES}: ${JSON.stringify(counts)}\n`);
  expect(seen.filter(({ verdict }) => verdict === 'unnoticed')).toEqual([]);
  expect(Object.keys(counts).toSorted()).toEqual(['refused', 'shorter', 'whole']);
}, 300_000);

function countOf(cases: readonly DamageCase[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { verdict } of cases) counts[verdict] = (counts[verdict] ?? 0) + 1;
  return counts;
}
