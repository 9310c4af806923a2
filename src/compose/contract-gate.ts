import { join } from 'node:path';
import type { ContractGate } from '#commands/contract-gate';
import type { Setup } from '#compose/setup';
import type { GateJob, GateReport } from '#contracts/gate/gate-report';
import { RegistryError } from '#domain/errors';
import { systemClock } from '#flow/clock';
import { WorkerPool } from '#flow/worker-pool';
import { WorkStopped } from '#flow/worker-thread';
import { packageInfo } from '#ops/package-root';

/** Opens the gate of contracts: it judges in threads, which end with a check that takes too much. */
export function openContractGate({ config, releases }: Setup): ContractGate {
  const proofTimeMs = config.gateTimeoutMs / 2;
  const pool = new WorkerPool<GateJob, GateReport>({
    clock: systemClock,
    program: join(packageInfo().root, 'dist', 'commands', 'contract-gate-worker.js'),
    threads: config.gateThreads,
    waitingMax: config.gateWaitingMax,
    timeoutMs: config.gateTimeoutMs,
    memoryMibMax: config.gateMemoryMib,
    data: { proofTimeMs, niceness: 0 },
    patient: {
      threads: config.gatePatientThreads,
      slowMs: config.gateSlowMs,
      share: SHARE_OF_THREAD,
      burstMs: BURST_MS,
      forMs: PATIENT_FOR_MS,
      data: { proofTimeMs, niceness: PATIENT_NICENESS },
    },
  });
  releases.add('contract gate', async () => pool.close());
  return {
    judge: async (job, { tenant, signal }) => {
      const late = AbortSignal.timeout(config.gateTimeoutMs * WAIT_FACTOR);
      try {
        const until = signal === undefined ? late : AbortSignal.any([signal, late]);
        return await pool.run(job, { group: tenant, signal: until });
      } catch (error) {
        if (error === late.reason)
          throw busy('the threads that check contracts had no time for it');
        if (!(error instanceof WorkStopped)) throw error;
        // A thread that did not start or broke says nothing of the contract.
        if (error.by === 'failure') throw busy(error.message);
        return stoppedReport(error);
      }
    },
  };
}

/** A quarter of a thread for each tenant, or two seconds of it at once: some two hundred usual checks. */
const SHARE_OF_THREAD = 0.25;
const BURST_MS = 2_000;
/** How long after it was last slow or over that a tenant is kept apart. */
const PATIENT_FOR_MS = 60_000;
/** Of threads that nobody waits for but those whose checks are slow: requests come first. */
const PATIENT_NICENESS = 10;

/** How much longer than a check runs it may take with the wait for a thread. */
const WAIT_FACTOR = 3;

function busy(is: string): RegistryError {
  return new RegistryError(
    'BUSY',
    `Cannot check the contract: ${is} (want fewer checks at a time)`,
    {
      retryAfterSeconds: 5,
      outcome: 'not-applied',
    },
  );
}

/** Says of a contract whose check was stopped that it cannot be published. */
function stoppedReport({ message }: WorkStopped): GateReport {
  const fault = {
    rule: 'check-stopped',
    part: 'jsonSchema',
    message: `The check of this contract was stopped. ${message}`,
  } as const;
  return { faults: [fault], warnings: [], comparisons: [], level: 'none', isCutShort: true };
}
