import { join } from 'node:path';
import type { ContractGate } from '#commands/contract-gate';
import type { Setup } from '#compose/setup';
import type { GateJob, GateReport } from '#contracts/gate/gate-report';
import { systemClock } from '#flow/clock';
import { WorkerPool, WorkStopped } from '#flow/worker-pool';
import { packageInfo } from '#ops/package-root';

/** Opens the gate of contracts: it judges in threads, which end with a check that takes too much. */
export function openContractGate({ config, releases }: Setup): ContractGate {
  const pool = new WorkerPool<GateJob, GateReport>({
    clock: systemClock,
    program: join(packageInfo().root, 'dist', 'commands', 'contract-gate-worker.js'),
    threads: config.gateThreads,
    waitingMax: config.gateWaitingMax,
    timeoutMs: config.gateTimeoutMs,
    memoryMibMax: config.gateMemoryMib,
    data: { proofTimeMs: config.gateTimeoutMs / 2 },
  });
  releases.add('contract gate', async () => pool.close());
  return {
    judge: async (job, signal) => {
      try {
        return await pool.run(job, signal);
      } catch (error) {
        if (error instanceof WorkStopped) return stoppedReport(error);
        throw error;
      }
    },
  };
}

/** Says of a contract whose check was stopped that it cannot be published. */
function stoppedReport({ message }: WorkStopped): GateReport {
  const fault = {
    rule: 'check-stopped',
    part: 'jsonSchema',
    message: `The check of this contract was stopped. ${message}`,
  } as const;
  return { faults: [fault], warnings: [], comparisons: [], level: 'none' };
}
