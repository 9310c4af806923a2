import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder of its own that is gone when the test is. */
export interface TempFolder extends Disposable {
  readonly path: string;
}

/** Makes an empty folder under the system's folder for temporary files. */
export function tempFolder(): TempFolder {
  const path = mkdtempSync(join(tmpdir(), 'atlas-test-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
