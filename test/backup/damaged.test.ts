import { randomBytes } from 'node:crypto';
import {
  cpSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { canonicalJson } from '#domain/canonical-json';
import { sha256Of } from '#domain/digest';
import {
  type BackupSide,
  backUp,
  backupFolder,
  filesIn,
  openBackupSide,
  restoreInto,
} from '#test/support/backup-bed';
import { type TempFolder, tempFolder } from '#test/support/temp';

const encrypted = backupFolder();
const plain = backupFolder();
let from: BackupSide;
let into: BackupSide;
let copy: TempFolder;

beforeAll(async () => {
  from = await openBackupSide();
  into = await openBackupSide();
  await from.write(40, 1);
  for (const [{ path }, flags] of [
    [encrypted, { key: encrypted.keyFile }],
    [plain, {}],
  ] as const) {
    await backUp(from, path, flags);
    await from.write(10, 2);
    expect((await backUp(from, path, flags)).outcome).toBe('succeeded');
  }
});
afterAll(async () => {
  await from[Symbol.asyncDispose]();
  await into[Symbol.asyncDispose]();
  encrypted[Symbol.dispose]();
  plain[Symbol.dispose]();
});
afterEach(() => copy[Symbol.dispose]());

type Damage = (folder: string) => string;

/** Restores a copy of a backup to which something was done, and gives what the drill said. Nothing may be written. */
async function refusal(
  backup: typeof plain,
  damage: Damage,
  flags: Readonly<Record<string, string>> = {},
): Promise<{ readonly text: string; readonly path: string }> {
  copy = tempFolder();
  cpSync(backup.path, copy.path, { recursive: true });
  const path = damage(copy.path);
  const run = await restoreInto(into, copy.path, flags);
  expect(['failed', 'not begun'], run.text).toContain(run.outcome);
  expect(await into.filled()).toEqual([]);
  expect(filesIn(into.folder)).toEqual([]);
  return { text: run.text, path };
}

function named(folder: string, pattern: RegExp): string {
  const found = filesIn(folder).find((path) => pattern.test(path));
  if (found === undefined) throw new Error(`no file ${pattern}`);
  return found;
}

function flip(pattern: RegExp): Damage {
  return (folder) => {
    const path = named(folder, pattern);
    const bytes = readFileSync(join(folder, path));
    const at = Math.floor(bytes.length / 2);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(join(folder, path), bytes);
    return path;
  };
}

const KINDS = [
  ['segment', /registry-.*\.segment$/],
  ['segment of an increment', /files\/000000000002\/jobs-.*\.segment$/],
  ['body', /\.body$/],
  ['index', /indexes\/000000000002\.json$/],
] as const;

describe.each([
  ['with a key', encrypted, { key: encrypted.keyFile }],
  ['without a key', plain, {}],
])('drill restore of a backup %s', (_, backup, flags) => {
  it.each(KINDS)('refuses by name a %s in which one bit is another', async (_kind, pattern) => {
    const { text, path } = await refusal(backup, flip(pattern), flags);
    expect(text).toContain(`file "${path}" of the backup`);
  });

  it.each(KINDS.slice(0, 3))('refuses by name a %s that is missing', async (_kind, pattern) => {
    const remove: Damage = (folder) => {
      const path = named(folder, pattern);
      rmSync(join(folder, path));
      return path;
    };
    const { text, path } = await refusal(backup, remove, flags);
    expect(text).toContain(`Cannot use file "${path}" of the backup: it is not there`);
  });

  it('refuses by name segments that were swapped', async () => {
    const swap: Damage = (folder) => {
      const one = named(folder, /registry-.*\.segment$/);
      const other = named(folder, /jobs-.*\.segment$/);
      renameSync(join(folder, one), join(folder, 'between'));
      renameSync(join(folder, other), join(folder, one));
      renameSync(join(folder, 'between'), join(folder, other));
      return one;
    };
    const { text, path } = await refusal(backup, swap, flags);
    expect(text).toContain(`Cannot use file "${path}" of the backup: its SHA-256 is`);
  });

  it.each([0, 1, 100])('refuses an index that was cut off to %d bytes', async (bytes) => {
    const cut: Damage = (folder) => {
      const path = named(folder, /indexes\/000000000002/);
      truncateSync(join(folder, path), bytes);
      return path;
    };
    const { text, path } = await refusal(backup, cut, flags);
    expect(text).toContain(`Cannot use file "${path}" of the backup: it is cut off`);
  });

  it('refuses a segment that is cut off', async () => {
    const cut: Damage = (folder) => {
      const path = named(folder, /registry-.*\.segment$/);
      truncateSync(join(folder, path), statSync(join(folder, path)).size - 1);
      return path;
    };
    const { text, path } = await refusal(backup, cut, flags);
    expect(text).toContain(`Cannot use file "${path}" of the backup`);
  });
});

const untouched: Damage = () => '';

/** Writes an index otherwise, and proves it as whoever has no key can. */
function forged(change: (index: Record<string, never>) => object): Damage {
  return (folder) => {
    const path = named(folder, /indexes\/000000000002/);
    const found = JSON.parse(readFileSync(join(folder, path), 'utf8'));
    const index = change(found.index);
    const proof = sha256Of(canonicalJson(index));
    writeFileSync(join(folder, path), canonicalJson({ ...found, index, proof }));
    return path;
  };
}

describe('drill restore', () => {
  it('refuses another key, no key, and a key for a backup that was made without one', async () => {
    const other = join(from.folder, 'other-key');
    writeFileSync(other, `${randomBytes(32).toString('hex')}\n`);
    const wrong = await refusal(encrypted, untouched, { key: other });
    expect(wrong.text).toMatch(/with key [0-9a-f]{16}: it was made with key [0-9a-f]{16} \(want/);
    const none = await refusal(encrypted, untouched);
    expect(none.text).toMatch(/it was made with key [0-9a-f]{16} \(want --key/);
    const needless = await refusal(plain, untouched, { key: other });
    expect(needless.text).toMatch(/it was made without a key \(want no --key\)/);
  });

  it('refuses a key of another length', async () => {
    const short = join(from.folder, 'short-key');
    writeFileSync(short, randomBytes(31));
    const { text } = await refusal(encrypted, untouched, { key: short });
    expect(text).toMatch(/Cannot use the key of a backup: it has 31 bytes \(want 32/);
  });

  it('refuses an index that somebody without the key has written', async () => {
    const { text, path } = await refusal(
      encrypted,
      forged((index) => ({ ...index, madeAt: '2020-01-01T00:00:00.000Z' })),
      { key: encrypted.keyFile },
    );
    expect(text).toContain(`Cannot use file "${path}" of the backup: it was changed`);
    const unlocked = await refusal(
      encrypted,
      forged(({ keyId, ...rest }) => ({ ...rest, wasMadeWith: keyId })),
      { key: encrypted.keyFile },
    );
    expect(unlocked.text).toContain('it was made without a key');
  });

  it('refuses an index that leaves a segment out, or a body that an event refers to', async () => {
    const without = await refusal(
      plain,
      forged((index) => {
        const [registry, jobs] = index['streams'] as unknown as { segments: object[] }[];
        return {
          ...index,
          streams: [{ ...registry, segments: registry?.segments.slice(1) }, jobs],
        };
      }),
    );
    expect(without.text).toMatch(/backup of stream "REGISTRY": events 1 to \d+ are in no segment/);
    const bodiless = await refusal(
      plain,
      forged((index) => ({ ...index, bodies: [] })),
    );
    expect(bodiless.text).toMatch(/the body of event \d+ is not in it/);
  });

  it('refuses a place where no backup has ended', async () => {
    const { text } = await refusal(plain, (folder) => {
      rmSync(join(folder, 'indexes'), { recursive: true });
      return folder;
    });
    expect(text).toMatch(/Cannot open the backup: there is no index/);
  });
});

describe('drill backup', () => {
  it('goes on from no index that is damaged', async () => {
    copy = tempFolder();
    cpSync(plain.path, copy.path, { recursive: true });
    const path = flip(/indexes\/000000000002/)(copy.path);
    const run = await backUp(from, copy.path);
    expect(run.text).toContain(`Cannot use file "${path}" of the backup`);
    expect(filesIn(copy.path)).toEqual(filesIn(plain.path));
  });

  it('goes on only where the last event is still the one that was backed up, at the end or before it', async () => {
    const otherwise = async (change: object): Promise<string> => {
      copy = tempFolder();
      cpSync(plain.path, copy.path, { recursive: true });
      forged((index) => {
        const [registry, jobs] = index['streams'] as unknown as object[];
        return { ...index, streams: [{ ...registry, ...change }, jobs] };
      })(copy.path);
      const run = await backUp(from, copy.path);
      expect(run.outcome).toBe('failed');
      copy[Symbol.dispose]();
      return run.text;
    };
    expect(await otherwise({ lastSha256: sha256Of('another') })).toMatch(
      /event \d+ is not the one that was backed up last/,
    );
    expect(await otherwise({ last: 100_000 })).toMatch(/it ends at position \d+, before 100000/);
  });
});
