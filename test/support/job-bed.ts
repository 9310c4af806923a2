import { changeActionProfileStage } from '#commands/change-action-profile-stage';
import { changeJobStage } from '#commands/change-job-stage';
import { defineActionProfile } from '#commands/define-action-profile';
import { defineJob } from '#commands/define-job';
import type { ActionProfileCommands, JobDefinitionCommands } from '#commands/job-ports';
import { jobPorts, profilePorts } from '#compose/job-ports';
import { type ContractVersion, parseContractVersion } from '#domain/contract-name';
import { parseActionProfileId, parseJobDefinitionId } from '#domain/definition';
import type { JobStage } from '#domain/job-stage';
import type { MemoryLog } from '#log/memory-log';
import type { CatalogReader } from '#projections/catalog/catalog-reader';
import { openCatalogBed } from '#test/support/catalog-bed';
import { commandContext, memoryLog } from '#test/support/command-env';
import { jobCommandsOn, jobOf, profileCommandsOn, profileOf } from '#test/support/jobs';

type Rest = Readonly<Record<string, unknown>>;

/** A log, a catalog of it, and commands about profiles and jobs that decide on what the catalog shows. */
export interface JobBed extends Disposable {
  readonly log: MemoryLog;
  readonly reader: CatalogReader;
  readonly profiles: ActionProfileCommands;
  readonly jobs: JobDefinitionCommands;
  catchUp(): Promise<void>;
  /** Defines the next version of a profile, takes it through stages, and shows it. */
  profile(id: string, rest: Rest, ...stages: readonly JobStage[]): Promise<ContractVersion>;
  /** Defines the next version of a job, takes it through stages, and shows it. */
  job(id: string, rest: Rest, ...stages: readonly JobStage[]): Promise<ContractVersion>;
  /** Moves a version of a job, and shows it. */
  moved(id: string, version: string, ...stages: readonly JobStage[]): Promise<void>;
}

/** The way of a version to where it can be used. */
export const UP = ['pending_approval', 'active'] as const;

/** Opens an empty log with a catalog. */
export function openJobBed(): JobBed {
  const log = memoryLog();
  const bed = openCatalogBed();
  const profiles = profileCommandsOn(
    log,
    profilePorts(() => bed.reader),
  );
  const jobs = jobCommandsOn(
    log,
    jobPorts(() => bed.reader),
  );
  const catchUp = async () => await bed.catchUp(log);
  const moved: JobBed['moved'] = async (id, version, ...stages) => {
    const at = { id: parseJobDefinitionId(id), version: parseContractVersion(version) };
    for (const to of stages) {
      await changeJobStage(jobs, commandContext(), { ...at, to, notes: `now ${to}` });
      await catchUp();
    }
  };
  return {
    log,
    reader: bed.reader,
    profiles,
    jobs,
    catchUp,
    moved,
    profile: async (name, rest, ...stages) => {
      const id = parseActionProfileId(name);
      const command = { id, content: profileOf(rest) };
      const { version } = (await defineActionProfile(profiles, commandContext(), command)).defined;
      for (const to of stages)
        await changeActionProfileStage(profiles, commandContext(), { id, version, to });
      await catchUp();
      return version;
    },
    job: async (name, rest, ...stages) => {
      const command = { id: parseJobDefinitionId(name), content: jobOf(rest) };
      const { version } = (await defineJob(jobs, commandContext(), command)).defined;
      await catchUp();
      await moved(name, version, ...stages);
      return version;
    },
    [Symbol.dispose]: () => bed[Symbol.dispose](),
  };
}
