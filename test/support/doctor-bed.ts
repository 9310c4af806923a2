import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Finding } from '#cli/doctor/finding';
import { diagnose } from '#compose/doctor';
import { freePorts } from '#flow/free-ports';
import { readConfig } from '#ops/config/read-config';
import { createLogger } from '#ops/logger';
import { natsBinary } from '#test/support/nats';
import { tempFolder } from '#test/support/temp';
import { eventually } from '#test/support/wait';

export interface ExamineOptions {
  readonly timeoutMs?: number;
  readonly monitors?: readonly string[];
}

/** Budgets that any machine has. */
export const SMALL = { ATLAS_SOCKETS_MAX: '64', ATLAS_BODIES_BYTES_MAX: '1048576' } as const;

/** Runs all checks of the doctor with settings by their names, in a data folder that is not there unless one is named. */
export async function examine(
  env: Readonly<Record<string, string>>,
  { timeoutMs = 20_000, monitors = [] }: ExamineOptions = {},
): Promise<readonly Finding[]> {
  using folder = tempFolder();
  const config = readConfig({
    PATH: process.env['PATH'],
    BIND_ADDR: '127.0.0.1:0',
    // Whatever machine the tests run on: it is not what they are about.
    ...SMALL,
    ATLAS_DATA_DIR: join(folder.path, 'data'),
    ...env,
  });
  return await diagnose(config, createLogger('silent'), { timeoutMs, monitors });
}

/** The findings that are not `ok`, in short. */
export function ailments(findings: readonly Finding[]): readonly string[] {
  return findings
    .filter(({ verdict }) => verdict !== 'ok')
    .map(({ check, verdict, is, todo }) => `${verdict} ${check}: ${is} → ${todo}`);
}

/** A nats-server with a configuration of one's own, and its monitoring port. */
export interface ConfiguredNats extends AsyncDisposable {
  readonly address: string;
  readonly monitor: string;
}

/** Starts nats-server; the text gets listen, http and the folder of its streams in front. */
export async function startConfiguredNats(
  text: string,
  jetstream = 'sync_interval: always',
): Promise<ConfiguredNats> {
  const folder = tempFolder();
  const [port = 0, http = 0] = await freePorts(2);
  const config = join(folder.path, 'nats.conf');
  const store = `jetstream { store_dir: ${JSON.stringify(folder.path)}, ${jetstream} }`;
  const listen = `listen: "127.0.0.1:${port}"\nhttp: "127.0.0.1:${http}"`;
  writeFileSync(config, `${listen}\n${store}\n${text}\n`);
  const child: ChildProcess = spawn(await natsBinary(), ['-c', config], { stdio: 'ignore' });
  const monitor = `http://127.0.0.1:${http}`;
  const stop = async (): Promise<void> => {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    if (child.exitCode === null && child.kill('SIGKILL')) await ended;
    folder[Symbol.dispose]();
  };
  try {
    await eventually('nats-server', async () => (await fetch(`${monitor}/healthz`)).ok);
    return { address: `127.0.0.1:${port}`, monitor, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
