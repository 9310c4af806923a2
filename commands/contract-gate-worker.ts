import { setPriority } from 'node:os';
import { workerData } from 'node:worker_threads';
import type { GateJob } from '#contracts/gate/gate-report';
import { runGate } from '#contracts/gate/run-gate';
import { SchemaSides } from '#contracts/gate/schema-sides';
import { serveWork } from '#flow/serve-work';

const { proofTimeMs, niceness } = workerData as {
  readonly proofTimeMs: number;
  readonly niceness: number;
};

// Linux alone gives threads a priority of their own; elsewhere it would be that of the process.
if (niceness > 0 && process.platform === 'linux') setPriority(niceness);

const sides = new SchemaSides();

// The program of a thread that checks contracts. Proofs end in time by themselves; what does not is ended with the thread.
serveWork((job: GateJob) => {
  const endMs = performance.now() + proofTimeMs;
  return runGate(job, { expired: () => performance.now() > endMs, sides });
});
