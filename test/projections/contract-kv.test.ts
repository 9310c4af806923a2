import { Kvm } from '@nats-io/kv';
import { afterAll, describe, expect, it } from 'vitest';
import { changeContractStage } from '#commands/change-contract-stage';
import { setCompatibilityMode } from '#commands/set-compatibility-mode';
import { parseContractVersion } from '#domain/contract-name';
import { newId } from '#flow/new-id';
import { ContractKv } from '#projections/contract-kv/contract-kv';
import { commandContext, memoryLog } from '#test/support/command-env';
import { contractCommandsOn, schemaOf } from '#test/support/contracts';
import { writeRegistryHistory } from '#test/support/history';
import { startTestNats, type TestNats } from '#test/support/nats';
import { digestAfter, projectionConformance } from '#test/support/projection-conformance';
import { contractName, contractOf, publish } from '#test/support/publishing';

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
      open: () => new ContractKv({ js, jsm, bucket, replicas: 1, valueBytesMax: 100_000 }),
      [Symbol.asyncDispose]: async () => {},
    };
  },
});

describe('a version in the bucket', () => {
  it('is its whole content under its key; stages and modes write nothing', async () => {
    nats ??= await startTestNats({ provision: false });
    const { js, jsm } = await nats.connect();
    const log = memoryLog();
    const commands = contractCommandsOn(log);
    const reference = { name: contractName, version: parseContractVersion('1.0.0') };
    const rest = {
      description: 'What it is',
      wit: [{ path: 'a.wit', text: 'package a:b;' }],
      descriptor: { owner: ['a'] },
      references: [{ uri: 'urn:a', ...reference }],
      labels: { team: 'a' },
    };
    await publish(commands, contractOf('1.0.0'));
    await publish(commands, contractOf('1.1.0', rest));
    await publish(commands, contractOf('x'.repeat(3_000), { description: 'large', v: '2.0.0' }));
    const step = { ...reference, to: 'deprecated' } as const;
    await changeContractStage(commands, commandContext(), step);
    const mode = { name: contractName, mode: 'FULL' } as const;
    await setCompatibilityMode(commands, commandContext(), mode);
    const options = { js, jsm, bucket: `contracts-${newId()}`, replicas: 1 };
    const open = () => new ContractKv({ ...options, valueBytesMax: 2_000 });
    const storage = { open, [Symbol.asyncDispose]: async () => undefined };
    await digestAfter(storage, [log], 10);
    const bucket = await new Kvm(js).open(options.bucket);
    const keys: string[] = [];
    for await (const key of await bucket.keys(['meta.>'])) keys.push(key);
    expect(keys.toSorted()).toEqual(
      ['1.0.0', '1.1.0', '2.0.0'].map((version) => `meta.a.b.${version}`),
    );
    const createdAt = expect.any(String) as string;
    const valueOf = async (version: string) => (await bucket.get(`meta.a.b.${version}`))?.json();
    // To the letter as before there was more content: what an older node has written is left as it is.
    const text = (await bucket.get('meta.a.b.1.0.0'))?.string() ?? '';
    const { createdAt: time } = JSON.parse(text) as { createdAt: string };
    const plain = { ...reference, createdAt: time, jsonSchema: schemaOf('1.0.0') };
    expect(text).toBe(JSON.stringify(plain));
    expect(await valueOf('1.1.0')).toEqual({
      name: contractName,
      version: '1.1.0',
      createdAt,
      jsonSchema: schemaOf('1.1.0'),
      ...rest,
    });
    expect(await valueOf('2.0.0')).toEqual({
      name: contractName,
      version: '2.0.0',
      createdAt,
      description: 'large',
      fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    });
  });
});
