import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_SCOPE, parseScope } from '#domain/scope';
import { type TempFolder, tempFolder } from '#test/support/temp';
import { secretFiles } from '#workers/secrets';

let folder: TempFolder;
let own: string;
beforeEach(() => {
  folder = tempFolder();
  own = join(folder.path, 'secrets/default/dev');
  mkdirSync(join(own, 'hooks'), { recursive: true });
});
afterEach(() => folder[Symbol.dispose]());

const find = async (name: string, root: string | undefined = join(folder.path, 'secrets')) =>
  await secretFiles(root).find(DEFAULT_SCOPE, name);

describe('secretFiles()', () => {
  it('gives what stands in the file of the scope, without the last line break', async () => {
    writeFileSync(join(own, 'plain'), 'a b\n');
    writeFileSync(join(own, 'hooks/team'), 'two\nlines\r\n');
    expect(await find('plain')).toBe('a b');
    expect(await find('hooks/team')).toBe('two\nlines');
    const other = secretFiles(join(folder.path, 'secrets')).find(
      parseScope('acme', 'dev'),
      'plain',
    );
    await expect(other).rejects.toMatchObject({ name: 'SecretMissing' });
  });

  it('says which secret is missing and never what one holds', async () => {
    await expect(find('hooks/none')).rejects.toThrow(
      'Cannot use secret "hooks/none": its file cannot be read (ENOENT)',
    );
    await expect(secretFiles(undefined).find(DEFAULT_SCOPE, 'a')).rejects.toThrow(
      'no folder of secrets is set',
    );
    writeFileSync(join(own, 'empty'), '\n');
    writeFileSync(join(own, 'long'), 'x'.repeat(20_000));
    await expect(find('empty')).rejects.toThrow('it is empty');
    await expect(find('long')).rejects.toThrow(
      /^Cannot use secret "long": it is longer than 16384 bytes$/,
    );
    await expect(find('hooks')).rejects.toMatchObject({ name: 'SecretMissing' });
  });

  it.each([
    '../prod/a',
    'a/../../prod/a',
    'a/..',
    '..',
    '.',
    'a/./b',
    'a//b',
    '/etc/passwd',
    'a/',
    '',
    'A',
    'a\0b',
  ])('does not leave its folder for %j', async (name) => {
    mkdirSync(join(folder.path, 'secrets/default/prod'), { recursive: true });
    writeFileSync(join(folder.path, 'secrets/default/prod/a'), 'foreign');
    await expect(find(name)).rejects.toThrow('it is no name of a secret');
  });

  it('follows no link below its folder, and is led to the folder itself by one', async () => {
    writeFileSync(join(folder.path, 'outside'), 'foreign');
    writeFileSync(join(own, 'real'), 'mine');
    symlinkSync(join(folder.path, 'outside'), join(own, 'link'));
    symlinkSync(join(own, 'real'), join(own, 'inner'));
    symlinkSync(folder.path, join(own, 'dir'));
    for (const name of ['link', 'inner', 'dir/outside'])
      await expect(find(name)).rejects.toThrow('there is a link on the way');
    symlinkSync(join(folder.path, 'secrets'), join(folder.path, 'mounted'));
    expect(await find('real', join(folder.path, 'mounted'))).toBe('mine');
  });
});
