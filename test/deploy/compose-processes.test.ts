import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Api } from '#test/support/api';
import { readComposeFile, serviceOf } from '#test/support/deploy/compose-file';
import {
  type ComposeProcesses,
  startComposeProcesses,
} from '#test/support/deploy/compose-processes';
import { publishDataset } from '#test/support/deploy/publish-dataset';

const compose = readComposeFile();
const TIMEOUT_MS = 180_000;

async function isHealthy(bed: ComposeProcesses, service: string): Promise<void> {
  const [, command, ...args] = serviceOf(compose, service).healthcheck?.test ?? [];
  expect(command).toBe('node');
  const here = args.map((arg) => arg.replace('http://127.0.0.1:3001', bed.url(service)));
  await promisify(execFile)(process.execPath, here, { timeout: 30_000 });
}

describe('what docker-compose.yml says, run as processes', () => {
  it(
    'is a registry that publishes a dataset and gives its bytes back',
    async () => {
      await using bed = await startComposeProcesses(compose, {
        brokers: ['nats'],
        nodes: ['registry'],
      });
      const api = new Api(bed.url('registry'));
      const { name, sha256, bytes } = await publishDataset(api);
      const { json } = await api.get('/catalog');
      expect(json.datasets).toMatchObject([{ name, artifact: { sha256 } }]);
      const path = `/store/artifacts/sha256/${sha256.slice(0, 2)}/${sha256}`;
      const answer = await fetch(`${bed.url('registry')}${path}`);
      expect(Buffer.from(await answer.arrayBuffer())).toEqual(bytes);
      expect(bed.output('registry')).toContain('s3://atlas-registry/');
      await isHealthy(bed, 'registry');
    },
    TIMEOUT_MS,
  );

  it(
    'is a cluster in which a reader shows what a writer has published',
    async () => {
      await using bed = await startComposeProcesses(compose, {
        brokers: ['nats-1', 'nats-2', 'nats-3'],
        nodes: ['projector', 'writer-1', 'reader-1'],
      });
      const { name, position } = await publishDataset(new Api(bed.url('writer-1')));
      const reader = new Api(bed.url('reader-1'));
      const seen = await reader.get(`/registry/datasets/${name}`, {
        'Atlas-Min-Position': String(position),
      });
      expect(seen.json).toMatchObject({ name, status: 'published' });
      for (const node of ['projector', 'writer-1', 'reader-1']) await isHealthy(bed, node);
    },
    TIMEOUT_MS,
  );
});
