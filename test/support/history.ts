import { finishJobRun } from '#commands/finish-job-run';
import { publishContract } from '#commands/publish-contract';
import { registerDataset } from '#commands/register-dataset';
import { startJobRun } from '#commands/start-job-run';
import { withdrawDataset } from '#commands/withdraw-dataset';
import { SchemaSyntax } from '#contracts/schema-syntax';
import { contractEvolution } from '#domain/contract';
import { parseContractName, parseContractVersion } from '#domain/contract-name';
import { datasetEvolution } from '#domain/dataset';
import { parseDatasetName } from '#domain/dataset-name';
import { sha256Of } from '#domain/digest';
import { isRegistryError } from '#domain/errors';
import { JOB_OUTCOMES, jobRunEvolution, parseJobRunId } from '#domain/job-run';
import { parseScope } from '#domain/scope';
import { newId } from '#flow/new-id';
import type { EventLog } from '#log/event-log';
import { commandContext, commandEnvironment, freshSource } from '#test/support/command-env';
import type { Seeded } from '#test/support/seed';

const SCOPES = [
  parseScope('default', 'dev'),
  parseScope('default', 'prod'),
  parseScope('acme', 'dev'),
] as const;

/** Writes a random history of datasets and contracts through the commands. Few names, so that they meet. */
export async function writeRegistryHistory(
  log: EventLog,
  events: number,
  random: Seeded,
): Promise<void> {
  const env = commandEnvironment();
  const datasets = { env, log, source: freshSource(log, 'dataset', datasetEvolution) };
  const contracts = {
    env,
    log,
    source: freshSource(log, 'contract', contractEvolution),
    syntax: new SchemaSyntax(),
  };
  for (let i = 0; i < events; i += 1) {
    const context = { ...commandContext(), scope: random.pick(SCOPES) };
    const name = parseDatasetName(`r/${random.int(6)}`);
    const object = { key: 'a.sqlite', sha256: sha256Of(`${i}`), bytes: i };
    const steps = [
      () =>
        registerDataset(datasets, context, {
          name,
          schemaFingerprint: 'fp',
          objects: [object],
          rowCount: i,
        }),
      () => withdrawDataset(datasets, context, { name }),
      () =>
        publishContract(contracts, context, {
          name: parseContractName(`c.n${random.int(4)}`),
          version: parseContractVersion(
            random.int(2) === 0 ? `v${random.int(20)}` : `1.${random.int(12)}.0`,
          ),
          description: `number ${i} "quoted" ü\u2028`,
          jsonSchema: `{"type":"object","title":"${i}"}`,
        }),
    ] as const;
    await ignoringRejections(random.pick(steps));
  }
}

/** Writes a random history of job runs: most of them end. */
export async function writeJobHistory(
  log: EventLog,
  events: number,
  random: Seeded,
): Promise<void> {
  const jobRuns = {
    env: commandEnvironment(),
    log,
    source: freshSource(log, 'job-run', jobRunEvolution),
  };
  const open: { id: ReturnType<typeof parseJobRunId>; scope: (typeof SCOPES)[number] }[] = [];
  for (let i = 0; i < events; i += 1) {
    const context = { ...commandContext(), scope: random.pick(SCOPES) };
    const ends = open.length > 3 || (open.length > 0 && random.int(2) === 0);
    const ending = ends ? open.splice(random.int(open.length), 1)[0] : undefined;
    if (ending === undefined) {
      const id = parseJobRunId(newId());
      open.push({ id, scope: context.scope });
      const metadata = { note: `tab\there\nnewline \\ back "quoted" ü\u2028${i}` };
      await startJobRun(jobRuns, context, {
        id,
        job: `job-${random.int(3)}`,
        kind: 'load',
        inputs: ['a', 'b'],
        metadata,
      });
    } else {
      const outcome = random.pick(JOB_OUTCOMES);
      await finishJobRun(
        jobRuns,
        { ...context, scope: ending.scope },
        { id: ending.id, end: { outcome, counts: { rows: i } } },
      );
    }
  }
}

async function ignoringRejections(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isRegistryError(error)) throw error;
  }
}
