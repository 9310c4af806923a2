import { buildProgram } from '#cli/program';
import { DRILLS } from '#compose/drills';
import { packageInfo } from '#ops/package-root';
import { JSON_TOOLS } from '#test/cli/contract-bed';

/** Builds the program with every command, to look at: nothing of it can be run. */
export function wholeProgram(): ReturnType<typeof buildProgram> {
  const never = (): never => {
    throw new Error('This program is there to be looked at');
  };
  return buildProgram({
    ...packageInfo(),
    startRegistry: never,
    startCluster: never,
    doctor: { diagnose: never, machine: never },
    verifyAudit: never,
    provision: never,
    openReset: never,
    openStandby: never,
    drills: DRILLS,
    manifestFormat: { folderOf: never, read: never },
    jsonTools: JSON_TOOLS,
  });
}
