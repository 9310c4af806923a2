import type { ContractChecks } from '#commands/check-contract';
import type { CommandEnvironment } from '#commands/run-command';
import type { ArtifactStore } from '#compose/artifact-store';
import { jobPorts, profilePorts } from '#compose/job-ports';
import type { Logs } from '#compose/logs';
import { commandMeter, meteredLog } from '#compose/metrics/command-meters';
import { runPorts } from '#compose/run-ports';
import type { Setup } from '#compose/setup';
import type { Views } from '#compose/views';
import { systemClock } from '#flow/clock';
import { FairTurns } from '#flow/fair-turns';
import { KeyedQueue } from '#flow/keyed-queue';
import { newId } from '#flow/new-id';
import { NO_TRACES } from '#flow/tracer';
import type { HttpCommands } from '#http/dependencies';
import type { WebhookPort } from '#http/webhook-port';
import type { EventLog } from '#log/event-log';
import type { StreamName } from '#log/streams';
import { artifactBodies } from '#stores/artifact-bodies';

/** What commands are built from. */
export interface CommandsFrom {
  readonly logs: Logs;
  readonly views: Views;
  readonly artifacts: ArtifactStore;
  readonly contractChecks: ContractChecks;
  readonly webhookPort: WebhookPort;
}

/** Gives the commands of a node whose role writes; they decide on what its own views hold. */
export function buildCommands(
  setup: Setup,
  { logs: opened, views, artifacts, contractChecks, webhookPort }: CommandsFrom,
): HttpCommands {
  const { config } = setup;
  const logs = config.metrics ? meteredLogs(opened, setup) : opened;
  const env = environmentOf(setup);
  const { catalog, catalogView, jobRuns } = views;
  const log = logs.REGISTRY;
  const rules = { productionEnvironments: new Set(config.productionEnvironments) };
  return {
    datasets: { env, log, source: { load: (...at) => catalog.reader.datasets.load(...at) } },
    contracts: { ...contractChecks, env, log },
    contractPolicies: {
      env,
      log,
      source: { load: (...at) => catalog.reader.contracts.states.policies.load(...at) },
    },
    apiKeys: { env, log, source: { load: (...at) => catalog.reader.apiKeys.load(...at) } },
    webhooks: { env, log, source: { load: (...at) => catalog.reader.webhooks.load(...at) } },
    webhookPort,
    jobRuns: {
      env,
      log: logs.JOBS,
      source: jobRuns.source('job-run'),
      requests: jobRuns.source('run-request'),
      ...runPorts({ reader: () => catalog.reader, view: catalogView }),
      results: artifactBodies(artifacts.publisher, config.artifactBytesMax),
    },
    lineage: {
      env,
      log: logs.JOBS,
      runs: jobRuns.source('lineage-run'),
      documents: jobRuns.source('lineage-document'),
    },
    jobDefinitions: { ...jobPorts(() => catalog.reader), env, log, rules },
    actionProfiles: { ...profilePorts(() => catalog.reader), env, log, rules },
    artifacts: {
      publisher: artifacts.publisher,
      artifactBytesMax: config.artifactBytesMax,
      inspect: async (sha256) => artifacts.inspector.inspect(sha256),
    },
  };
}

/** What every command needs to be carried out. */
function environmentOf({ config, meters, tracer = NO_TRACES }: Setup): CommandEnvironment {
  const queue = new KeyedQueue({
    waitingPerKeyMax: config.commandsWaitingPerNameMax,
    waitingMax: config.commandsWaitingMax,
  });
  const turns = new FairTurns({
    runningMax: config.appendsMax,
    sharedRunningMax: config.appendsSharedMax,
    waitingMax: config.appendsWaitingMax,
  });
  meters.watch('atlas_queue_waiting', () => [
    [queue.waiting, 'commands'],
    [turns.waiting, 'appends'],
  ]);
  meters.watch('atlas_queue_running', () => [[turns.running, 'appends']]);
  return {
    clock: systemClock,
    newId,
    queue,
    turns,
    ...(config.metrics ? { onCommand: commandMeter(meters) } : {}),
    conflictsMax: config.conflictsMax,
    writeTimeoutMs: config.writeTimeoutMs,
    tracer,
  };
}

function meteredLogs(logs: Logs, { meters }: Setup): Readonly<Record<StreamName, EventLog>> {
  return {
    REGISTRY: meteredLog(logs.REGISTRY, meters, systemClock),
    JOBS: meteredLog(logs.JOBS, meters, systemClock),
  };
}
