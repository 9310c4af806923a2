import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePorts } from '#flow/free-ports';
import { packageInfo } from '#ops/package-root';
import { tempFolder } from '#test/support/temp';
import { eventually } from '#test/support/wait';

const BINARY = '/usr/bin/prometheus';

/** One rule as the server has loaded it. */
export interface LoadedRule {
  readonly type: 'alerting' | 'recording';
  readonly name: string;
  readonly query: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A Prometheus server that a test started. */
export interface TestPrometheus extends AsyncDisposable {
  /** Evaluates a query now, and gives how many series come out. @throws Error with what is wrong with it */
  count(query: string): Promise<number>;
  /** The rules of the project. */
  rules(): Promise<readonly LoadedRule[]>;
}

/** Starts Prometheus with the rules of the project; it scrapes one address every second. */
export async function startPrometheus(target: string): Promise<TestPrometheus> {
  if (!existsSync(BINARY))
    throw new Error(
      'Cannot start Prometheus: it is not installed (want "make setup-tests", or apt-get install prometheus)',
    );
  const folder = tempFolder();
  const [port = 0] = await freePorts(1);
  const rules = join(packageInfo().root, 'deploy/prometheus');
  const config = join(folder.path, 'prometheus.yml');
  writeFileSync(
    config,
    [
      'global: { scrape_interval: 1s, evaluation_interval: 1s }',
      `rule_files: ['${rules}/recording.yml', '${rules}/alerts.yml']`,
      'scrape_configs:',
      `  - { job_name: atlas-registry, static_configs: [{ targets: ['${target}'] }] }`,
    ].join('\n'),
  );
  const started: ChildProcess = spawn(
    BINARY,
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder.path, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: 'ignore' },
  );
  const url = `http://127.0.0.1:${port}`;
  const ask = async (path: string, body?: URLSearchParams): Promise<unknown> => {
    const response = await fetch(`${url}${path}`, body && { method: 'POST', body });
    const answer = (await response.json()) as { status: string; error?: string; data: unknown };
    if (answer.status !== 'success') throw new Error(answer.error);
    return answer.data;
  };
  await eventually('Prometheus is ready', async () => (await fetch(`${url}/-/ready`)).ok, 60_000);
  return {
    count: async (query) => {
      const data = await ask('/api/v1/query', new URLSearchParams({ query }));
      return (data as { result: unknown[] }).result.length;
    },
    rules: async () => {
      const { groups } = (await ask('/api/v1/rules')) as { groups: { rules: LoadedRule[] }[] };
      return groups.flatMap((group) => group.rules);
    },
    async [Symbol.asyncDispose]() {
      const ended = new Promise((resolve) => started.once('exit', resolve));
      started.kill('SIGKILL');
      await ended;
      folder[Symbol.dispose]();
    },
  };
}
