import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isRegistryError } from '#domain/errors';
import { readConfig } from '#ops/config/read-config';
import type { Setting } from '#ops/config/setting';
import { SETTINGS } from '#ops/config/settings';
import { settingsTable } from '#ops/config/settings-table';

const ALL = Object.values(SETTINGS) as readonly Setting<unknown>[];
const NAMES = ALL.map((setting) => setting.env);

/** The problems that a start with this environment would show, one a line. */
function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    readConfig(env);
    return [];
  } catch (error) {
    if (!isRegistryError(error, 'INVALID_SETTING')) throw error;
    expect(error.details['problems']).toEqual(error.message.split('\n'));
    return error.message.split('\n');
  }
}

describe('readConfig()', () => {
  it('needs nothing: an empty environment gives every default', () => {
    expect(readConfig({})).toMatchObject({
      bind: { host: '127.0.0.1', port: 3001 },
      role: 'all',
      dataDir: './.atlas',
      natsUrl: undefined,
      natsCreds: undefined,
      natsServerBin: undefined,
      databaseUrl: undefined,
      kvBucket: 'contracts',
      streamReplicas: 1,
      conflictsMax: 20,
      logLevel: 'info',
      allowUnknownSettings: false,
      searchPath: '',
    });
  });

  it('takes every default when it is written out, and gives the same', () => {
    const written = Object.fromEntries(
      ALL.flatMap(({ env, default: value }) => (value === undefined ? [] : [[env, value]])),
    );
    expect(readConfig(written)).toEqual(readConfig({}));
  });

  it('counts an empty variable as absent', () => {
    const empty = Object.fromEntries(NAMES.map((name) => [name, '']));
    expect(readConfig(empty)).toEqual(readConfig({}));
  });

  it('takes the names that other tools use too', () => {
    const config = readConfig({
      NATS_URL: 'nats://a:4222,nats://b:4222',
      NATS_CREDS_PATH: '/etc/nats.creds',
      DATABASE_URL: 'postgres://atlas@db/atlas',
      REGISTRY_KV_BUCKET: 'my_Contracts-2',
      BIND_ADDR: '0.0.0.0:80',
      ATLAS_ALLOW_ANYBODY_ON_THE_NETWORK_TO_WRITE: 'true',
      PATH: '/bin:/usr/bin',
    });
    expect(config).toMatchObject({
      natsUrl: 'nats://a:4222,nats://b:4222',
      natsCreds: '/etc/nats.creds',
      databaseUrl: 'postgres://atlas@db/atlas',
      kvBucket: 'my_Contracts-2',
      bind: { host: '0.0.0.0', port: 80 },
      searchPath: '/bin:/usr/bin',
    });
  });

  it.each([
    ['localhost:0', { host: 'localhost', port: 0 }],
    ['[::1]:3001', { host: '::1', port: 3001 }],
    ['[::]:65535', { host: '::', port: 65_535 }],
    ['registry.example.org:443', { host: 'registry.example.org', port: 443 }],
  ])('takes the address %s', (text, bind) => {
    const anybody = { ATLAS_ALLOW_ANYBODY_ON_THE_NETWORK_TO_WRITE: 'true' };
    expect(readConfig({ BIND_ADDR: text, ...anybody }).bind).toEqual(bind);
  });

  it.each(['3001', ':3001', '127.0.0.1', '127.0.0.1:', 'a:b', '::1:3001', 'a:65536', '[x]:1'])(
    'refuses the address %s',
    (text) => {
      expect(problemsOf({ BIND_ADDR: text })).toEqual([
        expect.stringMatching(
          /^Cannot use BIND_ADDR=".*": want (host:port|a port from 0 to 65535)/,
        ),
      ]);
    },
  );

  it('takes whole numbers within the bounds of a setting and nothing else', () => {
    const limit = (text: string): readonly string[] => problemsOf({ ATLAS_STREAM_REPLICAS: text });
    for (const text of ['1', '3', '5', '05']) expect(limit(text), text).toEqual([]);
    for (const text of ['0', '6', '-1', '1.5', '1e0', '0x1', ' 3', '3 ', 'three', '9'.repeat(16)]) {
      expect(limit(text), text).toEqual([
        `Cannot use ATLAS_STREAM_REPLICAS=${JSON.stringify(text)}: want a whole number from 1 to 5`,
      ]);
    }
  });

  it('takes stores in Postgres only where one is named, and says so in one line for each', () => {
    const both = { ATLAS_REGISTRY_STORE: 'postgres', ATLAS_JOB_RUN_STORE: 'postgres' };
    const DATABASE_URL = 'postgres://atlas@db/atlas';
    expect(problemsOf({ ...both, DATABASE_URL })).toEqual([]);
    expect(problemsOf(both)).toEqual([
      'Cannot use ATLAS_REGISTRY_STORE="postgres": there is no DATABASE_URL (want one, or sqlite or filesystem)',
      'Cannot use ATLAS_JOB_RUN_STORE="postgres": there is no DATABASE_URL (want one, or sqlite or filesystem)',
    ]);
    for (const name of ['ATLAS_REGISTRY_STORE', 'ATLAS_JOB_RUN_STORE']) {
      for (const place of ['sqlite', 'filesystem', ''])
        expect(problemsOf({ [name]: place })).toEqual([]);
      expect(problemsOf({ [name]: 'redis' })).toEqual([
        expect.stringMatching(new RegExp(`^Cannot use ${name}="redis": `)),
      ]);
    }
  });

  it('takes yes and no in three forms and nothing else', () => {
    const allow = (text: string): boolean =>
      readConfig({ ATLAS_ALLOW_UNKNOWN_SETTINGS: text }).allowUnknownSettings;
    expect(['true', '1', 'yes'].map(allow)).toEqual([true, true, true]);
    expect(['false', '0', 'no'].map(allow)).toEqual([false, false, false]);
    for (const text of ['TRUE', 'on', '2'])
      expect(problemsOf({ ATLAS_ALLOW_UNKNOWN_SETTINGS: text })).toEqual([
        `Cannot use ATLAS_ALLOW_UNKNOWN_SETTINGS="${text}": want true or false`,
      ]);
  });

  it('names every problem at once: each value that does not fit and each name that is none', () => {
    const problems = problemsOf({
      BIND_ADDR: 'nowhere',
      ATLAS_ROLE: 'king',
      REGISTRY_KV_BUCKET: 'a.b',
      ATLAS_READ_WAIT_MS: 'soon',
      ATLAS_LOG_LEVL: 'info',
      ATLAS_B: '1',
      ATLAS_PUBLISH_TIMEOUT_MS: '2000',
    });
    expect(problems).toHaveLength(6);
    for (const name of ['BIND_ADDR', 'ATLAS_ROLE', 'REGISTRY_KV_BUCKET', 'ATLAS_READ_WAIT_MS']) {
      expect(problems.filter((line) => line.startsWith(`Cannot use ${name}="`))).toHaveLength(1);
    }
    expect(problems.slice(-2)).toEqual([
      'Cannot use ATLAS_B: there is no such setting (see the README for all of them)',
      'Cannot use ATLAS_LOG_LEVL: there is no such setting (did you mean ATLAS_LOG_LEVEL?)',
    ]);
  });

  it('suggests the setting that was meant, for every setting and any slip of one character', () => {
    const own = NAMES.filter((name) => name.startsWith('ATLAS_'));
    const letter = fc.stringMatching(/^[A-Z_]$/);
    fc.assert(
      fc.property(fc.constantFrom(...own), fc.nat(), letter, fc.nat(2), (name, at, char, slip) => {
        const index = 'ATLAS_'.length + (at % (name.length - 'ATLAS_'.length));
        const wrong = `${name.slice(0, index)}${slip === 0 ? '' : char}${name.slice(index + (slip === 1 ? 0 : 1))}`;
        fc.pre(!NAMES.includes(wrong));
        expect(problemsOf({ [wrong]: '1' })).toEqual([
          `Cannot use ${wrong}: there is no such setting (did you mean ${name}?)`,
        ]);
      }),
    );
  });

  it('refuses no name that is not its own, and none at all where that is allowed', () => {
    expect(problemsOf({ ATLASSIAN: '1', HOME: '/root', NATS_URI: 'x', atlas_role: 'king' })) //
      .toEqual([]);
    expect(problemsOf({ ATLAS_OTHER_TOOL: '1', ATLAS_ALLOW_UNKNOWN_SETTINGS: 'true' })).toEqual([]);
    expect(problemsOf({ ATLAS_ROLE: 'king', ATLAS_ALLOW_UNKNOWN_SETTINGS: 'true' })).toHaveLength(
      1,
    );
  });
});

describe('the settings', () => {
  it('have one name each, and say what they do', () => {
    expect(new Set(NAMES).size).toBe(NAMES.length);
    for (const { env, doc } of ALL) {
      expect(env).toMatch(/^[A-Z][A-Z0-9_]+$/);
      expect(doc, env).toMatch(/^[A-Za-z`].{15,}\.$/);
    }
  });

  it('settingsTable() has one row of three cells for every setting', () => {
    const [head, rule, ...rows] = settingsTable().split('\n');
    expect([head, rule]).toEqual(['| variable | default | what it does |', '| --- | --- | --- |']);
    expect(rows.map((row) => /^\| `([A-Z0-9_]+)` \|/.exec(row)?.[1])).toEqual(NAMES);
    for (const row of rows) expect(row.split('|')).toHaveLength(5);
    expect(rows).toContain(`| \`ATLAS_LOG_LEVEL\` | \`info\` | ${SETTINGS.logLevel.doc} |`);
    expect(rows).toContain(`| \`NATS_URL\` |  | ${SETTINGS.natsUrl.doc} |`);
  });
});
