import { MemoryLog } from '#log/memory-log';
import { logConformance } from '#test/support/log-conformance';
import { memoryBodies } from '#test/support/nats';

logConformance('in memory', async () => {
  const bodies = memoryBodies();
  const limits = { messageBytesMax: 10_000, bodyBytesMax: 100_000, bodies };
  const log = new MemoryLog({ name: 'REGISTRY', limits, nowMs: () => Date.now() });
  return {
    log,
    other: log,
    ...limits,
    storedBodies: () => bodies.stored.size,
    [Symbol.asyncDispose]: async () => {},
  };
});
