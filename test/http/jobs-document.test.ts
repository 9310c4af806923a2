import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { startTestRegistry } from '#test/support/registry';

it('the commands of docs/jobs.md about definitions work as they stand there', async () => {
  await using registry = await startTestRegistry();
  const text = readFileSync(join(import.meta.dirname, '../../docs/jobs.md'), 'utf8');
  const about = /(?:action-profiles|job-definitions)/;
  const blocks = [...text.matchAll(/```sh\n(.*?)```/gs)].map(([, block]) => block ?? '');
  const script = blocks
    .filter((block) => about.test(block) && !block.includes('/runs'))
    .join('\n')
    .replace(/^R=.*$/m, `R=${registry.registry.url}`);
  const strict = 'set -eu; curl() { command curl -sS --fail-with-body "$@"; echo; }\n';
  const { stdout } = await promisify(execFile)('bash', ['-c', strict + script]);
  expect(stdout.trim().split('\n')).toHaveLength(7);
  const { json } = await registry.api.get('/registry/job-definitions?tag=daily&stage=active');
  expect(json.definitions).toMatchObject([{ id: 'orders.check', version: '1.0.0' }]);
});
