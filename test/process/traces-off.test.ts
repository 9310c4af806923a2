import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { startOtlpReceiver } from '#test/support/otlp-receiver';
import { startProcess } from '#test/support/process';
import { tempFolder } from '#test/support/temp';
import { eventually } from '#test/support/wait';

// Files that a process has opened show in what strace would; what it has loaded shows in its own list of modules.
const LIST = `data:text/javascript,${encodeURIComponent(`
import { createRequire } from 'node:module';
import { writeFileSync } from 'node:fs';
const { cache } = createRequire(process.cwd() + '/');
const write = () => writeFileSync(process.env.LOADED_LIST, Object.keys(cache).join('\\n'));
process.once('SIGUSR2', write);
`)}`;

/** Asks a registry for something and gives the modules of OpenTelemetry that it has loaded. */
async function loadedBy(env: Readonly<Record<string, string>>): Promise<readonly string[]> {
  using folder = tempFolder();
  const list = `${folder.path}/loaded`;
  await using registry = startProcess(`${folder.path}/data`, {
    NODE_OPTIONS: `--import=${LIST}`,
    LOADED_LIST: list,
    ...env,
  });
  const api = await registry.ready();
  const made = await api.post('/registry/datasets', { name: 'a', schema_fingerprint: 'fp' });
  expect(made.status).toBe(201);
  expect(made.headers.has('atlas-trace-id')).toBe(env['ATLAS_TRACES_RATIO'] === '1');
  registry.child.kill('SIGUSR2');
  const text = await eventually('the list', () => readFileSync(list, 'utf8'));
  expect(text).toContain('node_modules');
  // The library of metrics loads the interface, which does nothing by itself.
  return text.split('\n').filter((path) => /@opentelemetry\/(?!api\/)/.test(path));
}

it('without an endpoint no module of OpenTelemetry is loaded but its interface, and with one they are', async () => {
  await using receiver = await startOtlpReceiver();
  expect(await loadedBy({})).toEqual([]);
  const loaded = await loadedBy({ ATLAS_TRACES_ENDPOINT: receiver.url, ATLAS_TRACES_RATIO: '1' });
  expect(loaded.length).toBeGreaterThan(10);
});
