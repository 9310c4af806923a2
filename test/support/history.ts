import { changeContractStage } from '#commands/change-contract-stage';
import { type PublishContract, publishContract } from '#commands/publish-contract';
import { registerDataset } from '#commands/register-dataset';
import { setCompatibilityMode } from '#commands/set-compatibility-mode';
import { setDefaultCompatibilityMode } from '#commands/set-default-compatibility-mode';
import { withdrawDataset } from '#commands/withdraw-dataset';
import {
  type ContractName,
  type ContractVersion,
  parseContractName,
  parseContractVersion,
} from '#domain/contract-name';
import { contractPolicyEvolution } from '#domain/contract-policy';
import { CONTRACT_STAGES, type ContractStage } from '#domain/contract-stage';
import { datasetEvolution } from '#domain/dataset';
import { parseDatasetName } from '#domain/dataset-name';
import { sha256Of } from '#domain/digest';
import { isRegistryError } from '#domain/errors';
import { parseScope, type Scope } from '#domain/scope';
import type { EventLog } from '#log/event-log';
import { apiKeyStep } from '#test/support/api-keys';
import { commandContext, commandEnvironment, freshSource } from '#test/support/command-env';
import { contractCommandsOn, schemaOf } from '#test/support/contracts';
import { definitionStep } from '#test/support/job-history';
import { jobCommandsOn, profileCommandsOn } from '#test/support/jobs';
import type { Seeded } from '#test/support/seed';
import { webhookStep } from '#test/support/webhook-history';

/** The scopes of random histories. */
export const HISTORY_SCOPES = [
  parseScope('default', 'dev'),
  parseScope('default', 'prod'),
  parseScope('acme', 'dev'),
] as const;

/**
 * Writes a random history of datasets, contracts, action profiles, job definitions and API keys through the commands. Few names, so that they meet. It ends with a
 * version of a contract.
 */
export async function writeRegistryHistory(
  log: EventLog,
  events: number,
  random: Seeded,
): Promise<void> {
  const env = commandEnvironment();
  const datasets = { env, log, source: freshSource(log, 'dataset', datasetEvolution) };
  const contracts = contractCommandsOn(log, { env });
  const source = freshSource(log, 'contract-policy', contractPolicyEvolution);
  const policies = { env, log, source };
  const jobs = { jobs: jobCommandsOn(log, { env }), profiles: profileCommandsOn(log, { env }) };
  const there: { scope: Scope; name: ContractName; version: ContractVersion }[] = [];
  for (let i = 0; i < events; i += 1) {
    const context = { ...commandContext(), scope: random.pick(HISTORY_SCOPES) };
    const name = parseDatasetName(`r/${random.int(6)}`);
    const object = { key: 'a.sqlite', sha256: sha256Of(`${i}`), bytes: i };
    const publishOne = async () => {
      const command = someContract(i, random);
      const { published } = await publishContract(contracts, context, command);
      there.push({ scope: context.scope, name: command.name, version: published.version });
    };
    const contractSteps = [
      publishOne,
      publishOne,
      () => {
        const some = there[random.int(there.length)];
        if (some === undefined) return publishOne();
        const to = random.pick<ContractStage>(['deprecated', 'approved', ...CONTRACT_STAGES]);
        const { scope, ...id } = some;
        return changeContractStage(
          contracts,
          { ...context, scope },
          { ...id, to, notes: `step ${i}` },
        );
      },
      () =>
        setCompatibilityMode(contracts, context, {
          name: contractName(random),
          mode: random.pick(['NONE', 'FULL', undefined]),
        }),
      () =>
        setDefaultCompatibilityMode(policies, context, {
          mode: random.pick(['NONE', 'FORWARD', undefined]),
        }),
    ] as const;
    const steps = [
      () =>
        registerDataset(datasets, context, {
          name,
          schemaFingerprint: 'fp',
          objects: [object],
          rowCount: i,
        }),
      () => withdrawDataset(datasets, context, { name }),
      () => definitionStep(jobs, context, random),
      () => apiKeyStep({ env, log }, context, random),
      () => webhookStep({ env, log }, context, random),
      () => random.pick(contractSteps)(),
    ] as const;
    await ignoringRejections(random.pick(steps));
  }
  // The last event is one that every view of contracts reads.
  const last = { name: parseContractName('c.last'), jsonSchema: schemaOf(`1.${random.int(1e9)}`) };
  await publishContract(contracts, commandContext(), last);
}

function contractName(random: Seeded): ContractName {
  return parseContractName(`c.n${random.int(4)}`);
}

function contractVersion(random: Seeded): ContractVersion {
  return parseContractVersion(random.int(2) === 0 ? `v${random.int(20)}` : `1.${random.int(12)}.0`);
}

/** A version with some of all that a bundle can hold. */
function someContract(i: number, random: Seeded): PublishContract {
  const name = contractName(random);
  const target = { name: contractName(random), version: contractVersion(random) };
  return {
    name,
    version: contractVersion(random),
    description: `number ${i} "quoted" ü\u2028`,
    jsonSchema: schemaOf(`1.${i}`),
    ...(random.int(3) === 0 ? { labels: { team: `t${random.int(3)}`, 'a/b': 'ü "x"' } } : {}),
    ...(random.int(3) === 0 ? { wit: [{ path: 'a.wit', text: `package a:b; // ${i}` }] } : {}),
    ...(random.int(3) === 0 ? { references: [{ uri: 'urn:other', ...target }] } : {}),
  };
}

async function ignoringRejections(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isRegistryError(error)) throw error;
  }
}
