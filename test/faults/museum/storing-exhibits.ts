import type { Exhibit } from '#test/faults/museum/exhibit';

const FILES = 'dist/src/stores/localfs/durable-files.js';

/** Faults of how artifacts are stored. */
export const STORING_EXHIBITS: readonly Exhibit[] = [
  {
    name: 'write an artifact where it is read',
    patches: [
      {
        file: FILES,
        find: "const temporary = join(this.root, 'tmp', randomUUID());",
        put: 'const temporary = target;',
      },
      {
        file: FILES,
        find: "const file = await open(temporary, 'wx', 0o640);",
        put: "const file = await open(temporary, 'w', 0o640);",
      },
      {
        file: FILES,
        find: 'const shown = await show(temporary, target);',
        put: 'const shown = true;',
      },
      { file: FILES, find: 'await rm(temporary, { force: true });', put: '' },
    ],
    faults: ['kill a node in the role writer', 'kill a node in the role all'],
    rules: ['bytes have the digest they are asked by'],
    bytesPercent: 60,
  },
  {
    name: 'do not flush an artifact',
    patches: [
      { file: FILES, find: 'await file.sync();', put: '' },
      { file: FILES, find: 'await syncFolder(dirname(target));', put: '' },
    ],
    faults: ['cut the power'],
    withDisk: true,
    rules: ['bytes have the digest they are asked by'],
    bytesPercent: 60,
  },
];
