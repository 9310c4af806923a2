import type { ActionProfileCommands, JobDefinitionCommands } from '#commands/job-ports';
import { actionProfileEvolution } from '#domain/action-profile';
import { parseActionProfileId, parseJobDefinitionId } from '#domain/definition';
import { jobDefinitionEvolution } from '#domain/job-definition';
import type { EventLog } from '#log/event-log';
import { commandEnvironment, freshSource } from '#test/support/command-env';

/** The profile and the job that tests are about. */
export const profileId = parseActionProfileId('alerts.team');
export const jobId = parseJobDefinitionId('orders.check');

/** A webhook that every rule lets pass. */
export const someTarget = { url: 'https://hooks.example/a', secretName: 'hooks/a' };

/** One action of every type, each with all of its parameters. */
export const everyAction = [
  { type: 'STORE_RESULTS', parameters: { prefix: 'runs/orders', retentionDays: 30 } },
  {
    type: 'SEND_NOTIFICATION',
    parameters: { channel: 'chat', shape: 'slack', target: someTarget, text: 'It\nfailed' },
  },
  {
    type: 'SEND_NOTIFICATION',
    parameters: { channel: 'email', recipients: ['a@b.example'], subject: 'It failed' },
  },
  { type: 'EMIT_LINEAGE', parameters: { namespace: 'atlas', target: someTarget } },
  {
    type: 'CALL_WEBHOOK',
    parameters: {
      target: { urlSecretName: 'hooks/url', headers: { 'X-Team': 'data' } },
      method: 'PUT',
      timeoutMs: 500,
      attemptsMax: 3,
    },
  },
  {
    type: 'OPEN_TICKET',
    parameters: {
      target: someTarget,
      project: 'DATA',
      title: 'A run failed',
      priority: 'high',
      labels: ['data/quality'],
    },
  },
] as const;

/** Makes the content of a profile. */
export function profileOf(rest: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const action = { type: 'STORE_RESULTS', parameters: { prefix: 'runs' } };
  return { name: 'Alerts', actions: [action], ...rest };
}

/** Makes the content of a job definition. */
export function jobOf(rest: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return { name: 'Check orders', kind: 'validation', trigger: { type: 'MANUAL' }, ...rest };
}

const rules = { productionEnvironments: new Set(['prod']) };

/** Commands about profiles on a log, which nobody uses where nothing else is given. */
export function profileCommandsOn(
  log: EventLog,
  overrides: Partial<ActionProfileCommands> = {},
): ActionProfileCommands {
  return {
    env: commandEnvironment(),
    log,
    source: freshSource(log, 'action-profile', actionProfileEvolution),
    users: { activeUsers: async () => [] },
    rules,
    ...overrides,
  };
}

/** Commands about job definitions on a log, which find everything that they refer to where nothing else is given. */
export function jobCommandsOn(
  log: EventLog,
  overrides: Partial<JobDefinitionCommands> = {},
): JobDefinitionCommands {
  return {
    env: commandEnvironment(),
    log,
    source: freshSource(log, 'job-definition', jobDefinitionEvolution),
    definitions: { find: async () => undefined },
    contracts: { stageOf: async () => 'approved' },
    profiles: { stageOf: async () => 'active' },
    rules,
    ...overrides,
  };
}
