import { changeActionProfileStage } from '#commands/change-action-profile-stage';
import { changeJobStage } from '#commands/change-job-stage';
import { defineActionProfile } from '#commands/define-action-profile';
import { defineJob } from '#commands/define-job';
import type { ActionProfileCommands, JobDefinitionCommands } from '#commands/job-ports';
import type { CommandContext } from '#commands/run-command';
import { parseContractVersion } from '#domain/contract-name';
import { parseActionProfileId, parseJobDefinitionId } from '#domain/definition';
import { JOB_STAGES } from '#domain/job-stage';
import { everyAction, jobOf, profileOf } from '#test/support/jobs';
import type { Seeded } from '#test/support/seed';

/** The ids in random histories. */
export const HISTORY_IDS = ['d.n0', 'd.n1'] as const;

/** Defines or moves a random version of a random profile or job. Few ids and versions, so that they meet. */
export async function definitionStep(
  {
    jobs,
    profiles,
  }: { readonly jobs: JobDefinitionCommands; readonly profiles: ActionProfileCommands },
  context: CommandContext,
  random: Seeded,
): Promise<unknown> {
  const name = random.pick(HISTORY_IDS);
  const version = parseContractVersion(`1.0.${random.int(6)}`);
  const step = { version, to: random.pick(JOB_STAGES), notes: `step "${random.int(9)}"` };
  const rest = { name: `n${random.int(4)}`, tags: [`t${random.int(3)}`, 'all'] };
  const uses = HISTORY_IDS.map((id) => ({ id, version: random.pick(['latest', version]) }));
  const contract = { name: 'c.n0', version: random.pick(['latest', version]) };
  const job = { ...rest, onSuccess: uses, onFailure: uses.slice(0, random.int(2)), contract };
  const actions = everyAction.slice(random.int(everyAction.length));
  const id = { job: parseJobDefinitionId(name), profile: parseActionProfileId(name) };
  const steps = [
    () => defineJob(jobs, context, { id: id.job, content: jobOf(job) }),
    () => changeJobStage(jobs, context, { id: id.job, ...step }),
    () =>
      defineActionProfile(profiles, context, {
        id: id.profile,
        content: profileOf({ ...rest, actions }),
      }),
    () => changeActionProfileStage(profiles, context, { id: id.profile, ...step }),
  ] as const;
  return await random.pick(steps)();
}
