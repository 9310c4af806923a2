import type { LookupAddress } from 'node:dns';
import { type Action, readAction } from '#domain/action-parameters';
import type { JsonObject } from '#domain/canonical-json';
import { DefinitionFaults } from '#domain/definition-reader';
import type { JobRun } from '#domain/job-run';
import { DEFAULT_SCOPE, type Scope } from '#domain/scope';
import { systemClock } from '#flow/clock';
import type { Publisher } from '#stores/publisher';
import { runStart } from '#test/support/ended-runs';
import { type ActionAttempt, type AttemptResult, idempotencyIdOf } from '#workers/action-attempt';
import { type ExecuteParts, executeAction } from '#workers/actions/execute-action';
import { parseHostList } from '#workers/host-list';
import { Outbound, type OutboundOptions } from '#workers/outbound';
import { SecretMissing, type Secrets } from '#workers/secrets';

/** Reads an action as a profile would. */
export function actionOf(type: string, parameters: object): Action {
  const faults = new DefinitionFaults();
  const action = readAction({ value: { type, parameters }, path: '', faults });
  faults.throwIfAny('action');
  if (action === undefined) throw new Error('An action was refused without a fault');
  return action;
}

/** A run that has failed, with everything that a run can have. */
export function failedRun(rest: Partial<JobRun> = {}): JobRun {
  return {
    ...runStart({ submittedBy: 'ann', timeoutMs: 60_000 }),
    status: 'failed',
    submittedAt: '2026-03-01T11:00:00.000Z',
    startedAt: '2026-03-01T11:00:01.000Z',
    lastSignAt: '2026-03-01T12:00:00.000Z',
    completedAt: '2026-03-01T12:00:00.000Z',
    end: {
      outcome: 'failed',
      counts: { rows: 7 },
      findings: { error: 3 },
      message: 'Three rows are wrong',
    },
    ...rest,
  };
}

/** Makes an attempt at the first action of a run. */
export function attemptOf(action: Action, run: JobRun = failedRun()): ActionAttempt {
  return {
    scope: DEFAULT_SCOPE,
    run,
    action,
    idempotencyId: idempotencyIdOf(DEFAULT_SCOPE, run.id, 0),
  };
}

/** Knows these secrets, in every scope. */
export function secretsOf(secrets: Readonly<Record<string, string>> = {}): Secrets {
  return {
    find: async (_, name) => {
      const secret = secrets[name];
      if (secret === undefined) throw new SecretMissing(name, 'it is not there');
      return secret;
    },
  };
}

/** Makes a client that may call this machine where nothing else is said. */
export function outboundOf(
  options: Partial<OutboundOptions> & { readonly addresses?: readonly string[] } = {},
): Outbound {
  const { addresses, ...rest } = options;
  const resolve = async (): Promise<LookupAddress[]> =>
    (addresses ?? []).map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  return new Outbound({
    hosts: parseHostList([]),
    allowPrivateHosts: true,
    clock: systemClock,
    ...(addresses === undefined ? {} : { resolve }),
    ...rest,
  });
}

/** Everything that actions are carried out with, and what they left behind here. */
export interface ActionBed extends Disposable {
  readonly parts: ExecuteParts;
  readonly stored: ReadonlyMap<string, Buffer>;
  readonly recorded: readonly { readonly scope: Scope; readonly document: JsonObject }[];
  carryOut(action: Action, run?: JobRun, signal?: AbortSignal): Promise<AttemptResult>;
}

/** Opens a bed whose client may call this machine. */
export function openActionBed(overrides: Partial<ExecuteParts> = {}): ActionBed {
  const stored = new Map<string, Buffer>();
  const recorded: { scope: Scope; document: JsonObject }[] = [];
  const publisher: Pick<Publisher, 'put'> = {
    put: async (sha256, source) => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of source) chunks.push(chunk);
      const existing = stored.has(sha256);
      stored.set(sha256, Buffer.concat(chunks));
      return { bytes: Buffer.concat(chunks).length, existing };
    },
  };
  const outbound = overrides.outbound ?? outboundOf();
  const parts: ExecuteParts = {
    outbound,
    secrets: secretsOf(),
    clock: systemClock,
    publisher,
    lineage: {
      record: async (scope, document) => {
        recorded.push({ scope, document });
      },
    },
    ...overrides,
  };
  const execute = executeAction(parts);
  return {
    parts,
    stored,
    recorded,
    carryOut: async (action, run, signal = AbortSignal.timeout(10_000)) =>
      await execute(attemptOf(action, run), signal),
    [Symbol.dispose]: () => outbound.close(),
  };
}
