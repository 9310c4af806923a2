import { copyFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { packageInfo } from '#ops/package-root';

// Takes the pictures of the documentation from those that test/console has made.
const { root } = packageInfo();
const PICTURES = [
  ['home', 'console-home'],
  ['contract-refused', 'console-refused'],
  ['region', 'console-region'],
] as const;
/** Whoever reads the README on a slow line loads all of them. */
const BYTES_MAX = 150_000;

for (const [from, to] of PICTURES) {
  const path = join(root, 'test-output/console', `${from}.png`);
  const { size } = statSync(path);
  if (size > BYTES_MAX)
    throw new Error(`Cannot use picture "${path}": ${size} bytes (want at most ${BYTES_MAX})`);
  copyFileSync(path, join(root, 'docs/images', `${to}.png`));
}
