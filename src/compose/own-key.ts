import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';

/** Makes a file with a secret where it is not there: whole or not at all, and for this account alone. */
export function makeOwnKey(path: string, make: () => string | Buffer): void {
  if (existsSync(path)) return;
  const unfinished = `${path}.new`;
  rmSync(unfinished, { force: true });
  writeFileSync(unfinished, make(), { flag: 'wx', mode: 0o600, flush: true });
  renameSync(unfinished, path);
}
