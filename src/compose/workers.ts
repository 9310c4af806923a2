import { recordLineage } from '#commands/record-lineage';
import type { CommandContext } from '#commands/run-command';
import { runDefinition } from '#commands/run-definition';
import type { ArtifactStore } from '#compose/artifact-store';
import type { Setup } from '#compose/setup';
import type { Views } from '#compose/views';
import { canonicalJson } from '#domain/canonical-json';
import { sha256Of } from '#domain/digest';
import { isRegistryError, RegistryError } from '#domain/errors';
import type { CommandId } from '#domain/event';
import { NEWEST } from '#domain/position';
import type { Scope } from '#domain/scope';
import { WEBHOOK_STOPS } from '#domain/webhook';
import { systemClock } from '#flow/clock';
import { newId } from '#flow/new-id';
import type { HttpCommands, PositionedView } from '#http/dependencies';
import { readLineageEvent } from '#lineage/read-lineage-event';
import type { EventLog } from '#log/event-log';
import { logWith } from '#log/log-with';
import type { RunQueue } from '#projections/job-runs/run-queue';
import { ActionWorker } from '#workers/action-worker';
import type { LineageSink } from '#workers/actions/emit-lineage';
import { type ExecuteParts, executeAction } from '#workers/actions/execute-action';
import { parseHostList } from '#workers/host-list';
import { Lanes } from '#workers/lanes';
import { Outbound } from '#workers/outbound';
import { ScheduleWorker } from '#workers/schedule-worker';
import { secretFiles } from '#workers/secrets';
import { TimeoutWorker } from '#workers/timeout-worker';
import type { OnWorkerEvent, WorkerEvent } from '#workers/worker-event';

/** What the workers of a node work on. */
export interface WorkersFrom {
  readonly commands: HttpCommands;
  readonly views: Views;
  readonly artifacts: ArtifactStore;
}

const ACTOR = 'atlas-worker';
/** For the append of what an attempt came to, an election at the broker included, and clocks of nodes that disagree. */
const CLAIM_MARGIN_MS = 30_000;
/** How long the view may take to show a run that has ended before its actions wait for the next look. */
const NUDGE_WAIT_MS = 2_000;

/**
 * Starts the workers of a node and gives its commands, through which the ends of runs are noticed at once. Released in the
 * order in which they stop taking work.
 */
export function startWorkers(setup: Setup, from: WorkersFrom): HttpCommands {
  const { config, releases } = setup;
  const { commands, views } = from;
  const onEvent = eventLogger(setup);
  const context = contextOf(views);
  const outbound = new Outbound({
    hosts: parseHostList(config.actionHosts),
    allowPrivateHosts: config.allowPrivateActionHosts,
    clock: systemClock,
  });
  releases.add('outbound connections', () => outbound.close());
  const base = { context, pollMs: config.actionPollMs, onEvent };
  const queue = readyQueue(views);
  const actions = new ActionWorker({
    ...base,
    commands: commands.jobRuns,
    queue,
    profiles: {
      find: async (scope, id, version) =>
        views.catalog.reader.actionProfiles.find(scope, { id, version }, NEWEST)?.definition,
    },
    execute: executeAction(executeParts(setup, from, outbound)),
    lanes: new Lanes(config.actionsPerHostMax),
    runsMax: config.actionConcurrency,
    claimMarginMs: CLAIM_MARGIN_MS,
  });
  const { log } = commands.jobRuns;
  const jobRuns = {
    ...commands.jobRuns,
    log: nudging(log, views.jobRunsView, () => actions.nudge()),
  };
  const timeouts = new TimeoutWorker({ ...base, commands: jobRuns, queue });
  const schedules = new ScheduleWorker({
    ...base,
    clock: systemClock,
    schedules: () => {
      checkReady(views);
      return views.catalog.reader.schedules.list();
    },
    submit: async (scope, { definition: id, occurrence }) => {
      const cause = { type: 'SCHEDULED', occurrence } as const;
      const command = { id, version: 'latest', cause, submittedBy: ACTOR } as const;
      return (await runDefinition(jobRuns, context(scope), command)).recorded !== undefined;
    },
  });
  for (const [name, worker] of Object.entries({ actions, timeouts, schedules })) {
    releases.add(`worker of ${name}`, () => worker.stop());
    worker.start();
  }
  return { ...commands, jobRuns };
}

function executeParts(
  { config }: Setup,
  { commands, artifacts }: WorkersFrom,
  outbound: Outbound,
): ExecuteParts {
  const { smtpUrl, smtpFrom } = config;
  return {
    outbound,
    secrets: secretFiles(config.secretsDir),
    clock: systemClock,
    publisher: artifacts.publisher,
    lineage: lineageSink(commands),
    mail: smtpUrl === undefined ? undefined : { url: smtpUrl, from: smtpFrom },
  };
}

/** Takes events as they are taken over HTTP. */
function lineageSink({ lineage }: HttpCommands): LineageSink {
  return {
    record: async (scope, document) => {
      const read = readLineageEvent(document);
      if (read.kind === 'event') {
        await recordLineage(lineage, { scope, actor: ACTOR }, read.event);
        return;
      }
      const is = read.faults[0]?.message ?? 'it is refused';
      throw new RegistryError('INVALID_REQUEST', `Cannot record lineage event: ${is}`, {
        outcome: 'not-applied',
      });
    },
  };
}

/** Makes contexts of commands that follow from nobody's request. @throws FROZEN, NOT_READY while this node must not decide */
export function contextOf(views: Views): (scope: Scope) => CommandContext {
  return (scope) => {
    checkReady(views);
    const commandId = newId() as CommandId;
    return {
      scope,
      actor: ACTOR,
      commandId,
      requestFingerprint: sha256Of(canonicalJson(commandId)),
    };
  };
}

/** Gives the queue of runs. @throws FROZEN, NOT_READY from every look at it while this node must not decide */
function readyQueue(views: Views): RunQueue {
  return {
    actionable: async (now, limit) => {
      checkReady(views);
      return await views.jobRuns.actionable(now, limit);
    },
    overdue: async (now, limit) => {
      checkReady(views);
      return await views.jobRuns.overdue(now, limit);
    },
  };
}

/**
 * Lets nothing work on a view that is being built again: it knows too little, and what is there would count as unknown.
 * @throws FROZEN, NOT_READY
 */
export function checkReady({ halted, catalogView, jobRunsView }: Views): void {
  const why = halted();
  if (why !== undefined)
    throw new RegistryError('FROZEN', `Cannot work: ${why}`, { outcome: 'not-applied' });
  const behind = [catalogView, jobRunsView].find(({ caughtUp }) => !caughtUp);
  if (behind === undefined) return;
  throw new RegistryError(
    'NOT_READY',
    `Cannot work: view "${behind.name}" is catching up (want it caught up)`,
    { outcome: 'not-applied', retryAfterSeconds: 1 },
  );
}

/** Gives a log that tells when a run has ended with something to do and the view shows it. */
function nudging(log: EventLog, view: PositionedView, nudge: () => void): EventLog {
  return logWith(log, {
    append: async (subject, expected, event) => {
      const outcome = await log.append(subject, expected, event);
      if (outcome.kind === 'appended' && event.event.data['actions'] !== undefined) {
        view.reached(outcome.position, NUDGE_WAIT_MS).then(nudge, () => undefined);
      }
      return outcome;
    },
  });
}

/** Writes what workers tell into the log of the node. */
export function eventLogger({ logger, meters }: Setup): OnWorkerEvent {
  // Shown before the first: a rate knows of the first one only if there was a zero before it.
  meters.add('atlas_webhook_dead_letters_total', 0);
  for (const reason of WEBHOOK_STOPS) meters.add('atlas_webhooks_stopped_total', 0, reason);
  const told = new Set<string>();
  return (event: WorkerEvent) => {
    switch (event.type) {
      case 'stuck':
        // Every node begins so: that is no news, and its end is none.
        if (isRegistryError(event.error, 'NOT_READY')) break;
        told.add(event.worker);
        logger.warn({ worker: event.worker, err: event.error }, 'worker cannot work');
        break;
      case 'recovered':
        if (told.delete(event.worker)) logger.info({ worker: event.worker }, 'worker works again');
        break;
      case 'left':
        logger.warn({ ...event, error: undefined, err: event.error }, 'worker left something');
        break;
      case 'action-ended':
        logger[event.outcome === 'dead' ? 'warn' : 'debug'](event, 'action ended');
        break;
      case 'run-expired':
      case 'run-submitted':
        logger.info(event, event.type === 'run-expired' ? 'run was lost' : 'schedule came due');
        break;
      case 'webhook-stopped':
      case 'webhook-dead-letter':
        if (event.type === 'webhook-stopped')
          meters.add('atlas_webhooks_stopped_total', 1, event.reason);
        else meters.add('atlas_webhook_dead_letters_total', 1);
        logger.warn(
          event,
          event.type === 'webhook-stopped' ? 'webhook was stopped' : 'webhook has a dead letter',
        );
        break;
      default:
        event satisfies never;
    }
  };
}
