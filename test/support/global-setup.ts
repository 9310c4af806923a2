import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startPostgres } from '#test/support/postgres';

const root = join(import.meta.dirname, '../..');

/**
 * Compiles the project once, because workers and child processes run what ships, and starts the Postgres that tests share.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  execFileSync(join(root, 'node_modules/.bin/tsc'), ['-p', root], { stdio: 'inherit' });
  const build = ['build', '--logLevel', 'warn', '--config', join(root, 'vite.config.mjs')];
  const env = { ...process.env, NODE_ENV: 'production' };
  execFileSync(join(root, 'node_modules/.bin/vite'), build, { stdio: 'inherit', env });
  const postgres = await startPostgres();
  project.provide('postgresUrl', postgres.url);
  return async () => {
    await postgres[Symbol.asyncDispose]();
  };
}
