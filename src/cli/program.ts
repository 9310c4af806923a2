import type { Command } from 'commander';
import { addAudit, type VerifyAudit } from '#cli/audit';
import { addCache } from '#cli/cache';
import { addCatalogImport } from '#cli/catalog-import';
import type { ManifestFormat } from '#cli/catalog-import/manifest-folder';
import { addCluster, type StartCluster } from '#cli/cluster';
import type { JsonTools } from '#cli/command/command-host';
import { EXIT } from '#cli/command/exit-code';
import { processHost } from '#cli/command/process-host';
import { addContract } from '#cli/contract';
import { addDataset } from '#cli/dataset';
import { addDoctor, type Diagnose, type DiagnoseMachine } from '#cli/doctor';
import { addDrills } from '#cli/drill';
import type { Drill } from '#cli/drill/drill';
import { addEvents } from '#cli/events';
import { addJob } from '#cli/job';
import { addKey } from '#cli/key';
import { addManual } from '#cli/manual';
import { ManualCommand } from '#cli/manual/manual-command';
import { explainProgram } from '#cli/manual/program-manual';
import { addProfile } from '#cli/profile';
import { addProvision, type Provision } from '#cli/provision';
import { addServe, type StartRegistry } from '#cli/serve';
import { addStandby } from '#cli/standby';
import type { OpenStandby } from '#cli/standby-port';
import { addToken } from '#cli/token';
import { addViews, type OpenReset } from '#cli/views';

export interface ProgramOptions {
  /** The folder of the package. */
  readonly root: string;
  readonly version: string;
  readonly startRegistry: StartRegistry;
  readonly startCluster: StartCluster;
  readonly doctor: { readonly diagnose: Diagnose; readonly machine: DiagnoseMachine };
  readonly verifyAudit: VerifyAudit;
  readonly provision: Provision;
  readonly openReset: OpenReset;
  readonly openStandby: OpenStandby;
  readonly drills: readonly Drill[];
  readonly manifestFormat: ManifestFormat;
  readonly jsonTools: JsonTools;
}

/** Builds the `atlas-registry` command. */
export function buildProgram(options: ProgramOptions): Command {
  const { root, version, startRegistry, verifyAudit, provision, manifestFormat, jsonTools } =
    options;
  const { drills, openReset, openStandby } = options;
  const program = new ManualCommand('atlas-registry')
    .description('An event-sourced registry for datasets, contracts and jobs.')
    .version(version)
    // `contract publish --version` is an option of that command, not the question for this program's version.
    .enablePositionalOptions()
    // Handed down to every command: whatever is used wrongly has one exit code.
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? EXIT.ok : EXIT.usage));
  explainProgram(program);
  addServe(program, { root, version, startRegistry });
  addCluster(program, options.startCluster, root);
  addDoctor(program, options.doctor);
  addProvision(program, provision);
  addCatalogImport(program, manifestFormat);
  const host = processHost(jsonTools);
  addCache(program, host);
  addAudit(program, verifyAudit);
  addViews(program, openReset);
  addStandby(program, openStandby);
  addDrills(program, drills, version);
  addContract(program, host);
  addDataset(program, host);
  addJob(program, host);
  addEvents(program, host);
  addKey(program, host);
  addProfile(program, host);
  addToken(program, host);
  addManual(program, host, version);
  return program;
}
