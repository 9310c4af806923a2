import { describe, expect, it } from 'vitest';
import { contractEvolution } from '#domain/contract';
import { logWith } from '#log/log-with';
import {
  blindSource,
  commandContext,
  commandEnvironment,
  memoryLog,
} from '#test/support/command-env';
import { contractCommandsOn, fakeGate } from '#test/support/contracts';
import { codeOf, contractOf, publicationOf, publish } from '#test/support/publishing';
import { forSeeds } from '#test/support/seed';

describe('publishers that race', () => {
  it('for the next version each get one of their own, judged against the one before', async () => {
    await forSeeds(10, async (random) => {
      const log = memoryLog();
      const nodes = [
        contractCommandsOn(log),
        contractCommandsOn(log, { source: blindSource(contractEvolution.initial) }),
      ] as const;
      const answers = await Promise.all(
        Array.from({ length: 12 }, (_, i) =>
          publish(random.pick(nodes), contractOf(`1.${i}.${random.int(3)}`)),
        ),
      );
      const versions = answers.map(({ published }) => published.version);
      expect(new Set(versions).size).toBe(12);
      expect((await log.head()).last).toBe(12);
      const inOrder = answers.toSorted((a, b) => a.position - b.position);
      for (const [i, answer] of inOrder.entries()) {
        const before = i === 0 ? [] : [inOrder[i - 1]?.published.version];
        expect(publicationOf(answer).gate?.comparedWith).toEqual(before);
      }
    });
  });

  it('for a version that they have chosen: one wins, the others get a conflict', async () => {
    await forSeeds(10, async (random) => {
      const log = memoryLog();
      const nodes = [
        contractCommandsOn(log),
        contractCommandsOn(log, { source: blindSource(contractEvolution.initial) }),
      ] as const;
      const codes = await Promise.all(
        Array.from({ length: 12 }, (_, i) =>
          codeOf(publish(random.pick(nodes), contractOf(`${i}`, { v: '1.0.0' }))),
        ),
      );
      expect(codes.toSorted()).toEqual([...Array(11).fill('VERSION_CONFLICT'), 'done']);
      expect((await log.head()).last).toBe(1);
    });
  });

  it('make each proof once, whatever number of times a decision is made again', async () => {
    const log = memoryLog();
    const gate = fakeGate();
    const commands = contractCommandsOn(log, { gate });
    await publish(commands, contractOf('1.0.0'));
    gate.jobs.length = 0;
    let conflicts = 3;
    const flaky = {
      ...commands,
      env: commandEnvironment(),
      log: logWith(log, {
        append: async (...at) => {
          if (conflicts === 0) return await log.append(...at);
          conflicts -= 1;
          return { kind: 'conflict', actual: at[1] };
        },
      }),
    };
    expect((await publish(flaky, contractOf('1.0.1'))).published.version).toBe('1.0.1');
    expect(gate.jobs).toHaveLength(1);
  });
});

describe('a publication that is sent again', () => {
  it('gets the first answer, without the gate, also after newer versions', async () => {
    const gate = fakeGate();
    const commands = contractCommandsOn(memoryLog(), { gate });
    const context = commandContext('key');
    const first = await publish(commands, contractOf('1.0.0'), context);
    await publish(commands, contractOf('2.0.0'));
    const asked = gate.jobs.length;
    const again = await publish(commands, contractOf('1.0.0'), context);
    expect(again).toMatchObject({ replayed: true, position: first.position });
    expect(again.published).toEqual(first.published);
    expect(gate.jobs).toHaveLength(asked);
    const other = publish(commands, contractOf('1.0.0'), commandContext('key', 'other'));
    expect(await codeOf(other)).toBe('IDEMPOTENCY_KEY_REUSED');
  });
});
