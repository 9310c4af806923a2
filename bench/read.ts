import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bench, load, median, startProgram, startRegistryProgram } from '#bench/harness';

const ROUNDS = 5;
const SECONDS = 4;
const CONNECTIONS = 32;

/** A schema as contracts have them: an object with some twenty fields. */
function schema(): object {
  const fields = Array.from({ length: 20 }, (_, i) => [
    `field_${i}`,
    { type: i % 2 === 0 ? 'string' : 'integer', description: `What field ${i} says` },
  ]);
  return { type: 'object', properties: Object.fromEntries(fields), required: ['field_0'] };
}

/** Reads of one contract over HTTP, against Koa answering a constant of the same size. */
export const readBench: Bench = {
  name: 'read',
  async run() {
    const data = mkdtempSync(join(tmpdir(), 'atlas-bench-'));
    try {
      await using registry = await startRegistryProgram({ ATLAS_DATA_DIR: data });
      const contract = { name: 'bench.read', version: 'v1', jsonSchema: schema() };
      await fetch(`${registry.url}/registry/contracts`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(contract),
      });
      const url = `${registry.url}/registry/contracts/bench.read/v1`;
      const answer = await fetch(url);
      const bytes = (await answer.arrayBuffer()).byteLength;
      if (answer.status !== 200) throw new Error(`${url} answered ${answer.status}`);
      await using constant = await startProgram('bench/constant-server.js', [String(bytes)]);
      const [reads, bare]: [number[], number[]] = [[], []];
      let errors = 0;
      for (let round = 0; round < ROUNDS; round += 1) {
        const options = { connections: CONNECTIONS, seconds: SECONDS };
        bare.push((await load({ ...options, url: constant.url })).perSecond);
        const read = await load({ ...options, url });
        reads.push(read.perSecond);
        errors += read.errors;
      }
      return [
        {
          what: `GET one contract of ${bytes} bytes, ${CONNECTIONS} connections`,
          measured: `${median(reads).toFixed(0)}/s`,
          beside: `${median(bare).toFixed(0)}/s by Koa answering a constant of the same size`,
          value: median(reads) / median(bare),
          limit: { atLeast: 0.8 },
          detail: { reads, bare, errors },
        },
      ];
    } finally {
      rmSync(data, { recursive: true, force: true });
    }
  },
};
