import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { checkWit } from '#contracts/wit/check-wit';
import type { WitSource } from '#contracts/wit/resolve';

type Valid = Extract<ReturnType<typeof checkWit>, { readonly kind: 'valid' }>;

/** So that each package comes after those that it refers to. */
const ORDER = ['io', 'clocks', 'random', 'filesystem', 'sockets', 'cli', 'http'];

/** Checks all packages of one release of WASI, each with the canonical texts of those before it. By folder name. */
export function checkRelease(
  history: string,
  release: string,
  part = '.',
): ReadonlyMap<string, Valid> {
  const valid = new Map<string, Valid>();
  const dependencies: WitSource[] = [];
  for (const name of ORDER) {
    const folder = join(history, release, name, part);
    if (!existsSync(folder)) continue;
    const files = readdirSync(folder)
      .filter((file) => file.endsWith('.wit'))
      .map((file) => ({ path: basename(file), text: readFileSync(join(folder, file), 'utf8') }));
    const checked = checkWit(files, { dependencies });
    if (checked.kind === 'refused') throw new Error(JSON.stringify(checked.faults.slice(0, 3)));
    valid.set(name, checked);
    dependencies.push({ path: checked.packageId, text: checked.canonical });
  }
  return valid;
}
