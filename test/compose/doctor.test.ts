import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { clockFinding } from '#compose/doctor/clock';
import { networkFileSystem } from '#compose/doctor/data-folder';
import { checkNode, filesFinding, memoryFinding } from '#compose/doctor/machine';
import { systemClock } from '#flow/clock';
import { readConfig } from '#ops/config/read-config';
import { testAuthority } from '#test/support/certificates';
import { ailments, examine } from '#test/support/doctor-bed';
import { startRedis } from '#test/support/redis';
import { startTestRegistry } from '#test/support/registry';
import { startS3Server } from '#test/support/s3-server';
import { smallDisk } from '#test/support/small-disk';
import { tempFolder } from '#test/support/temp';
import { eventually } from '#test/support/wait';

const MIB = 1_048_576;

describe('an installation in order', () => {
  it('with nothing set has nothing to do, and the doctor writes nothing', async () => {
    using folder = tempFolder();
    const data = join(folder.path, 'data');
    const found = await examine({ ATLAS_DATA_DIR: data });
    expect(ailments(found)).toEqual([]);
    expect(found.map(({ check }) => check)).toEqual(
      expect.arrayContaining(['data folder', 'disk', 'nats', 'artifacts', 'access', 'address']),
    );
    expect(existsSync(data)).toBe(false);
  });

  it('that runs is looked at while it runs, and its log stays as it was', async () => {
    await using node = await startTestRegistry();
    const position = async (): Promise<number> => (await node.api.get('/catalog')).position;
    const before = await position();
    const bind = new URL(node.registry.url).host;
    const found = await examine({ ATLAS_DATA_DIR: node.folder, BIND_ADDR: bind });
    expect(ailments(found)).toEqual([]);
    const texts = found.map(({ check, is }) => `${check}: ${is}`).join('\n');
    expect(texts).toMatch(/data folder: .* is held by process \d+/);
    expect(texts).toMatch(/registry: a registry \d.* answers at .*: ready/);
    expect(texts).toContain('stream REGISTRY: it answers appends, and compares before it sets');
    const body = { name: 'after', schema_fingerprint: 'f' };
    expect((await node.api.post('/registry/datasets', body)).position).toBe(before + 1);
  });
});

describe('the doctor says what to do about', () => {
  it('a data folder that cannot be written', async () => {
    const isRoot = process.getuid?.() === 0;
    using plain = tempFolder();
    const disk = isRoot ? smallDisk(256 * MIB) : undefined;
    const path = disk?.path ?? plain.path;
    if (isRoot) execFileSync('mount', ['-o', 'remount,ro', path]);
    else chmodSync(path, 0o500);
    try {
      const found = ailments(await examine({ ATLAS_DATA_DIR: join(path, 'data') }));
      expect(found).toContainEqual(
        expect.stringMatching(
          /^problem data folder: .* cannot be written → give it to the account/,
        ),
      );
    } finally {
      chmodSync(plain.path, 0o700);
      if (disk !== undefined) await eventually('the disk to be free', () => disk.unmount());
    }
  });

  it('a data folder that is a file, and a disk that is full', async () => {
    using folder = tempFolder();
    const file = join(folder.path, 'file');
    writeFileSync(file, '');
    const wrong = ailments(await examine({ ATLAS_DATA_DIR: file }));
    expect(wrong[0]).toMatch(/^problem data folder: .* is no folder → set ATLAS_DATA_DIR/);
    const full = ailments(await examine({ ATLAS_DISK_FREE_BYTES_MIN: '1099511627776' }));
    expect(full[0]).toMatch(/^problem disk: .* GiB are free → free space there/);
  });

  it('a port that another program has, and an address that is not of this machine', async () => {
    const other = createServer((socket) => socket.end('HTTP/1.1 404 Not Found\r\n\r\n'));
    other.listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const taken = ailments(await examine({ BIND_ADDR: `127.0.0.1:${port}` }));
    other.close();
    expect(taken).toEqual([
      `problem address: 127.0.0.1:${port} is taken by another program → end it (ss -ltnp 'sport = :${port}'), or set BIND_ADDR`,
    ]);
    const elsewhere = await examine({
      BIND_ADDR: '192.0.2.1:3001',
      ATLAS_ALLOW_ANYBODY_ON_THE_NETWORK_TO_WRITE: 'true',
    });
    const [access, unusable] = ailments(elsewhere);
    expect(access).toMatch(/^warning access: everybody who reaches .* → set ATLAS_AUTH/);
    expect(unusable).toMatch(/^problem address: .* cannot be used: EADDRNOTAVAIL/);
  });

  it('a Redis with another password, and one that is not there', async () => {
    await using redis = await startRedis('--requirepass', 'right');
    const at = redis.url.replace('//', '//:wrong@');
    const [wrong] = ailments(await examine({ REDIS_URL: at }));
    expect(wrong).toMatch(/^problem redis: .*(WRONGPASS|invalid).* → check REDIS_URL/);
    expect(wrong).not.toContain('wrong@');
    expect(ailments(await examine({ REDIS_URL: at.replace('wrong', 'right') }))).toEqual([]);
    const away = ailments(
      await examine({ REDIS_URL: 'redis://127.0.0.1:1' }, { timeoutMs: 3_000 }),
    );
    expect(away[0]).toMatch(/^problem redis: .*ECONNREFUSED/);
  });

  it('a bucket that is not there, is not allowed, or lets two create one file', async () => {
    await using s3 = await startS3Server();
    const env = {
      ATLAS_STORE: 's3',
      ATLAS_S3_ENDPOINT: s3.endpoint,
      ATLAS_S3_BUCKET: s3.bucketName,
      ATLAS_S3_PATH_STYLE: 'true',
    };
    process.env['AWS_ACCESS_KEY_ID'] = s3.credentials.accessKeyId;
    process.env['AWS_SECRET_ACCESS_KEY'] = s3.credentials.secretAccessKey;
    try {
      expect(ailments(await examine(env))).toEqual([]);
      const [absent] = ailments(await examine({ ...env, ATLAS_S3_BUCKET: 'not-there' }));
      expect(absent).toMatch(/^problem artifacts: .*lists: .*NoSuchBucket.* → give its user/);
      s3.interfere = () => 'ignore-conditions';
      const [twice] = ailments(await examine(env));
      expect(twice).toMatch(/^problem artifacts: .*creates a file once: .*If-None-Match/);
      process.env['AWS_SECRET_ACCESS_KEY'] = 'another';
      const [denied] = ailments(await examine(env));
      expect(denied).toMatch(/^problem artifacts: .*lists: .*SignatureDoesNotMatch/);
      expect([...s3.bucket.objects.keys(), ...s3.bucket.uploads.keys()]).toEqual([]);
    } finally {
      delete process.env['AWS_ACCESS_KEY_ID'];
      delete process.env['AWS_SECRET_ACCESS_KEY'];
    }
  });

  it('a source that does not answer, or that is of the own network', async () => {
    const sources = 'ATLAS_REGISTRY_SOURCES';
    const [inside] = ailments(await examine({ [sources]: 'a=http:http://127.0.0.1:1/store' }));
    expect(inside).toMatch(
      /^problem source a: .* → want it to answer: .*ATLAS_ALLOW_PRIVATE_STORE_HOSTS/,
    );
    using folder = tempFolder();
    mkdirSync(join(folder.path, 'empty'));
    const [empty] = ailments(await examine({ [sources]: `b=local:${folder.path}/empty` }));
    expect(empty).toMatch(/^problem source b: /);
  });

  it('certificates that are over, end soon, are for other names, or have another key', async () => {
    using folder = tempFolder();
    const authority = testAuthority(folder.path);
    const [fresh, old] = [authority.issue('fresh'), authority.issue('old', { expired: true })];
    for (const path of [fresh.keyPath, old.keyPath]) chmodSync(path, 0o600);
    const env = { ATLAS_TLS_CERT: fresh.certPath, ATLAS_TLS_KEY: fresh.keyPath };
    const soon = ailments(await examine(env));
    expect(soon).toEqual([
      expect.stringMatching(/^warning tls: for localhost, 127\.0\.0\.1; valid until .* → renew it/),
    ]);
    const other = ailments(await examine({ ...env, ATLAS_HOST_NAMES: 'registry.example' }));
    expect(other[0]).toMatch(/^warning tls: .* not for registry\.example of ATLAS_HOST_NAMES/);
    const over = { ATLAS_TLS_CERT: old.certPath, ATLAS_TLS_KEY: old.keyPath };
    expect(ailments(await examine(over))[0]).toMatch(/^problem tls: /);
    const mixed = { ATLAS_TLS_CERT: fresh.certPath, ATLAS_TLS_KEY: old.keyPath };
    expect(ailments(await examine(mixed))[0]).toMatch(/^problem tls: .*ATLAS_TLS_KEY/);
  });

  it('keys that everybody may read, are too short, or are not there', async () => {
    using folder = tempFolder();
    const path = join(folder.path, 'key');
    writeFileSync(path, 'short', { mode: 0o644 });
    const env = { ATLAS_AUTH: 'keys', ATLAS_BOOTSTRAP_KEY_FILE: path };
    expect(ailments(await examine(env))).toEqual([
      expect.stringMatching(/^problem access: .* is shorter than 32 characters → make one/),
      expect.stringMatching(/^warning access: .* can be read by every account → chmod 600/),
    ]);
    const [absent] = ailments(await examine({ ...env, ATLAS_BOOTSTRAP_KEY_FILE: `${path}-2` }));
    expect(absent).toMatch(/^problem access: .*ENOENT.* → put the file there/);
  });

  it('a server that takes connections and says nothing: after its time, not never', async () => {
    const silent = createServer((socket) => void socket.on('error', () => undefined));
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const address = silent.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const started = performance.now();
    const at = `127.0.0.1:${port}`;
    const env = {
      NATS_URL: `nats://${at}`,
      DATABASE_URL: `postgres://a@${at}/a`,
      REDIS_URL: `redis://${at}`,
    };
    const found = await examine(env, { timeoutMs: 1_500 });
    silent.close();
    const sick = found.filter(({ verdict }) => verdict === 'problem').map(({ check }) => check);
    expect(sick.toSorted()).toEqual(['nats', 'postgres', 'redis']);
    expect(performance.now() - started).toBeLessThan(15_000);
  });
});

describe('a check of the machine', () => {
  it('wants a Node that is new enough', () => {
    const verdicts = ['18.20.1', '20.18.9', '20.19.0', '22.1.0'].map(
      (one) => checkNode(one).verdict,
    );
    expect(verdicts).toEqual(['problem', 'problem', 'ok', 'ok']);
  });

  it('holds open files and memory to what the settings may ask for', () => {
    const config = readConfig({});
    expect(filesFinding(config, 1_024)).toMatchObject({ verdict: 'warning' });
    expect(filesFinding(config, 65_536)).toMatchObject({ verdict: 'ok' });
    expect(memoryFinding(config, 128 * MIB)).toMatchObject({ verdict: 'warning' });
    expect(memoryFinding(config, 65_536 * MIB)).toMatchObject({ verdict: 'ok' });
  });

  it('knows file systems of networks by their numbers', () => {
    expect([0x6969, 0xfe534d42 | 0, 0xef53].map(networkFileSystem)).toEqual([
      'NFS',
      'SMB2',
      undefined,
    ]);
  });

  it('tells a clock that is off from an answer that was slow', () => {
    const now = systemClock.nowMs();
    expect(clockFinding('x', now, now).verdict).toBe('ok');
    expect(clockFinding('x', now - 5_000, now).verdict).toBe('warning');
    expect(clockFinding('x', now + 60_000, now).verdict).toBe('problem');
    expect(clockFinding('x', now - 4_000, now - 8_000).verdict).toBe('ok');
  });
});
