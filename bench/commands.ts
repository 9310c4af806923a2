import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DiscardPolicy, StorageType } from '@nats-io/jetstream';
import { type Bench, load, median, percentile, startRegistryProgram } from '#bench/harness';
import { bareLatencies, barePublishes, startBenchNats } from '#bench/nats';
import { newId } from '#flow/new-id';

const ROUNDS = 3;
const SECONDS = 4;
const IN_FLIGHT = 64;
const SINGLES = 1_500;

const hash = 'ab'.repeat(32);

/** Makes a registration of a new dataset, or the publication of a new contract, in turn. */
function nextCommand(index: number): { method: 'POST'; path: string; body: string } {
  const id = newId();
  if (index % 2 === 0)
    return { method: 'POST', path: '/registry/datasets', body: registration(id) };
  const name = `bench.x${id.replaceAll('-', '')}`;
  const jsonSchema = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] };
  const body = JSON.stringify({ name, version: 'v1', description: 'a contract', jsonSchema });
  return { method: 'POST', path: '/registry/contracts', body };
}

function registration(id: string): string {
  return JSON.stringify({
    name: `bench/${id}/x`,
    schema_fingerprint: `sha256:${hash}`,
    objects: [{ key: 'data.sqlite', sha256: hash, bytes: 123_456 }],
    row_count: 1_000,
  });
}

/** Commands over HTTP against bare publishes with compare-and-set to the same server, which flushes every message. */
export const commandsBench: Bench = {
  name: 'commands',
  async run() {
    await using nats = await startBenchNats({ syncAlways: true });
    const { jsm } = nats.broker;
    await jsm.streams.add({
      name: 'BARE',
      subjects: ['bare.*'],
      storage: StorageType.File,
      discard: DiscardPolicy.New,
      deny_delete: true,
      deny_purge: true,
    });
    const data = mkdtempSync(join(tmpdir(), 'atlas-bench-'));
    try {
      await using registry = await startRegistryProgram({
        NATS_URL: nats.url,
        ATLAS_DATA_DIR: data,
      });
      const [bare, commands]: [number[], number[]] = [[], []];
      let errors = 0;
      for (let round = 0; round < ROUNDS; round += 1) {
        bare.push(await barePublishes(nats.broker, { inFlight: IN_FLIGHT, seconds: SECONDS }));
        const result = await load({
          url: registry.url,
          connections: IN_FLIGHT,
          seconds: SECONDS,
          next: nextCommand,
        });
        commands.push(result.perSecond);
        errors += result.errors;
      }
      const single = await latencies(registry.url, nats.broker);
      const ratio = median(commands) / median(bare);
      return [
        {
          what: `register and publish commands/s over HTTP, ${IN_FLIGHT} in flight, sync always`,
          measured: `${median(commands).toFixed(0)}/s`,
          beside: `${median(bare).toFixed(0)} bare compare-and-set publishes/s`,
          value: ratio,
          limit: { atLeast: 0.6 },
          detail: { commands, bare, errors },
        },
        {
          what: 'p50 of one command, one in flight',
          measured: `${single.command.toFixed(2)} ms`,
          beside: `${single.bare.toFixed(2)} ms, one bare publish`,
          value: single.command / single.bare,
          limit: { atMost: 3 },
          detail: single,
        },
      ];
    } finally {
      rmSync(data, { recursive: true, force: true });
    }
  },
};

async function latencies(url: string, broker: Parameters<typeof bareLatencies>[0]) {
  const [bare, command]: [number[], number[]] = [[], []];
  const { Agent, request } = await import('node:http');
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const post = (body: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const headers = {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      };
      const outgoing = request(
        `${url}/registry/datasets`,
        { method: 'POST', agent, headers },
        (response) => {
          response.resume();
          response.on('end', resolve);
        },
      );
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  for (let round = 0; round < ROUNDS; round += 1) {
    bare.push(...(await bareLatencies(broker, SINGLES)));
    for (let i = 0; i < SINGLES; i += 1) {
      const body = registration(newId());
      const started = performance.now();
      await post(body);
      command.push(performance.now() - started);
    }
  }
  agent.destroy();
  return {
    command: median(command),
    bare: median(bare),
    commandP99: percentile(command, 0.99),
    bareP99: percentile(bare, 0.99),
  };
}
