import { logConformance } from '#test/support/log-conformance';
import { memoryBodies, openLog, startTestNats } from '#test/support/nats';

logConformance('JetStream, one server', async () => {
  const nats = await startTestNats();
  const bodies = memoryBodies();
  return {
    log: openLog(await nats.connect(), { bodies }),
    other: openLog(await nats.connect(), { bodies }),
    messageBytesMax: 200_000,
    bodyBytesMax: 5_000_000,
    storedBodies: () => bodies.stored.size,
    [Symbol.asyncDispose]: () => nats[Symbol.asyncDispose](),
  };
});
