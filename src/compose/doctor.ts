import type { Diagnose } from '#cli/doctor';
import { type Finding, problem, problemOf } from '#cli/doctor/finding';
import { checkAddress } from '#compose/doctor/address';
import { checkAuth } from '#compose/doctor/auth';
import type { Check } from '#compose/doctor/check';
import { checkDataFolder } from '#compose/doctor/data-folder';
import { checkBudgets } from '#compose/doctor/machine';
import { checkNats } from '#compose/doctor/nats';
import { checkPostgres } from '#compose/doctor/postgres';
import { checkRedis } from '#compose/doctor/redis';
import { checkSources } from '#compose/doctor/sources';
import { checkStore } from '#compose/doctor/store';
import { checkTls } from '#compose/doctor/tls';
import { systemClock } from '#flow/clock';
import { withDeadline } from '#flow/deadline';
import { Meters } from '#ops/metrics/meters';
import { ReleaseStack } from '#ops/release-stack';

/** Every check by the name of what it looks at, in the order of the report. */
const CHECKS: readonly (readonly [name: string, check: Check])[] = [
  ['limits', checkBudgets],
  ['data folder', checkDataFolder],
  ['nats', checkNats],
  ['postgres', checkPostgres],
  ['redis', checkRedis],
  ['artifacts', checkStore],
  ['sources', checkSources],
  ['tls', checkTls],
  ['access', checkAuth],
  ['address', checkAddress],
];

const RELEASE_MS = 2_000;

/** Runs all checks at once, each within its time. A check that fails or takes too long is a finding like any other. */
export const diagnose: Diagnose = async (config, logger, { timeoutMs, monitors }) => {
  const run = async (name: string, check: Check): Promise<readonly Finding[]> => {
    const releases = new ReleaseStack(() => undefined);
    const tooSlow = (): Error => new TooSlow();
    try {
      const work = (): ReturnType<Check> =>
        check({ config, logger, meters: new Meters(), releases, timeoutMs, monitors });
      return await withDeadline(work, { ms: timeoutMs, clock: systemClock, error: tooSlow });
    } catch (error) {
      if (!(error instanceof TooSlow)) return [problemOf(name, error)];
      const is = `it did not answer within ${timeoutMs / 1_000} s`;
      return [
        problem(name, is, 'see whether it runs and is reached, or give it longer: --timeout'),
      ];
    } finally {
      const ended = async (): Promise<void> => releases.releaseAll();
      await withDeadline(ended, { ms: RELEASE_MS, clock: systemClock, error: tooSlow }).catch(
        () => undefined,
      );
    }
  };
  return (await Promise.all(CHECKS.map(async ([name, check]) => run(name, check)))).flat();
};

class TooSlow extends Error {}
