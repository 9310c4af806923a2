import { afterAll } from 'vitest';
import { newId } from '#flow/new-id';
import { ContractKv } from '#projections/contract-kv/contract-kv';
import { writeRegistryHistory } from '#test/support/history';
import { startTestNats, type TestNats } from '#test/support/nats';
import { projectionConformance } from '#test/support/projection-conformance';

let nats: TestNats | undefined;
afterAll(async () => {
  await nats?.[Symbol.asyncDispose]();
});

projectionConformance('contracts in a KV bucket', {
  stream: 'REGISTRY',
  kind: 'contract',
  writeHistory: writeRegistryHistory,
  storage: async () => {
    nats ??= await startTestNats({ provision: false });
    const { js, jsm } = await nats.connect();
    const bucket = `contracts-${newId()}`;
    return {
      open: () =>
        new ContractKv({ js, jsm, bucket, replicas: 1, flushLater: true, valueBytesMax: 100_000 }),
      [Symbol.asyncDispose]: async () => {},
    };
  },
});
