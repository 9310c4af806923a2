import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describedApi } from '#test/support/fuzz/described-api';
import { startTestNats } from '#test/support/nats';
import { type RegistryProcess, startProcess } from '#test/support/process';
import { type TempFolder, tempFolder } from '#test/support/temp';
import { AUDIENCE, ISSUER, publicKeys } from '#test/support/tokens';
import { eventually } from '#test/support/wait';

const MARK = 'MARKEDhunter2';
const NOBODY = '127.0.0.1:1';
/** Passwords with signs that URLs read as something else. */
const ODD = `${MARK}/a,b@c#d?e`;

let folder: TempFolder;
const processes: RegistryProcess[] = [];
beforeEach(() => {
  folder = tempFolder();
});
afterEach(async () => {
  for (const process of processes.splice(0)) await process[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

function start(env: Record<string, string>): RegistryProcess {
  const started = startProcess(join(folder.path, 'data'), { ATLAS_LOG_LEVEL: 'debug', ...env });
  processes.push(started);
  return started;
}

function expectNothingMarked(started: RegistryProcess, answers: readonly string[] = []): void {
  const all = [started.stdout(), started.stderr(), ...answers].join('\n');
  const at = all.indexOf(MARK);
  expect(at < 0 ? '' : all.slice(Math.max(0, at - 300), at + 100)).toBe('');
}

/** Sends secrets in every place that a request has, to every route; gives the answers with their headers. */
async function sendMarked(url: string): Promise<readonly string[]> {
  const { operations } = await describedApi(url);
  const answers: string[] = [];
  const bodies = [`{"password":"${MARK}"}`, `{"broken":"${MARK}`, `"${MARK}"`];
  for (const { method, path } of operations) {
    const target = path.replaceAll(/\{\w+\}/g, 'a');
    for (const body of method === 'GET' ? [undefined] : bodies) {
      const response = await fetch(`${url}${target}?token=${MARK}`, {
        method,
        headers: {
          'Content-Type': 'application/json',
          Authorization: `Bearer ${MARK}`,
          'Proxy-Authorization': `Basic ${MARK}`,
          'X-API-Key': MARK,
          Cookie: `session=${MARK}`,
        },
        ...(body === undefined ? {} : { body }),
        signal: AbortSignal.timeout(10_000),
      });
      const text = response.headers.get('content-type')?.includes('event-stream')
        ? ((await response.body?.cancel()) ?? '')
        : await response.text();
      const headers = JSON.stringify([...response.headers]);
      answers.push(`${method} ${target} ${response.status} ${headers} ${text}`);
    }
  }
  return answers;
}

describe('nothing that the process writes, and no answer, holds a secret', () => {
  it('of its settings or of a request, while Postgres, Redis, mail and a source are away', async () => {
    await using nats = await startTestNats({ provision: false });
    const { url: broker, token } = nats.server;
    mkdirSync(join(folder.path, 'secrets', 'default', 'dev'), { recursive: true });
    writeFileSync(join(folder.path, 'secrets', 'default', 'dev', 'hook'), MARK);
    const started = start({
      NATS_URL: broker.replace('nats://', `nats://${token}@`),
      DATABASE_URL: `postgres://u:${MARK}%2Fx@${NOBODY}/d?application_name=${MARK}`,
      ATLAS_JOB_RUN_STORE: 'sqlite',
      ATLAS_REGISTRY_STORE: 'postgres',
      ATLAS_DATABASE_CONNECT_TIMEOUT_MS: '200',
      REDIS_URL: `redis://u:${MARK}@${NOBODY}`,
      ATLAS_SMTP_URL: `smtp://u:${MARK}@${NOBODY}`,
      ATLAS_CURSOR_SECRET: `${MARK}-16-characters`,
      ATLAS_REGISTRY_SOURCES: `away=http:http://${NOBODY}/store`,
      ATLAS_REGISTRY_TOKENS: `away=${MARK}`,
      ATLAS_ALLOW_PRIVATE_STORE_HOSTS: 'true',
      ATLAS_ALLOW_PRIVATE_ACTION_HOSTS: 'true',
      ATLAS_SECRETS_DIR: join(folder.path, 'secrets'),
      ATLAS_ACTION_POLL_MS: '100',
      AWS_SECRET_ACCESS_KEY: MARK,
    });
    const api = await started.ready();
    const { url } = api;
    await failActions(api.url);
    await eventually('actions to fail', () => /action ended/.test(started.stderr()));
    const answers = await sendMarked(url);
    expect(answers.length).toBeGreaterThan(100);
    // What a client has sent in its body and its query it may be told again; what its settings hold nobody is told.
    const told = answers.filter((answer) => answer.includes(MARK));
    for (const answer of told) expect(answer).toMatch(/ 4\d\d /);
    expectNothingMarked(started);
    const all = `${started.stdout()}${started.stderr()}${answers.join('\n')}`;
    expect(all).not.toContain(token);
    expect(all).toMatch(/Cannot reach Postgres at/);
    const headers = answers.filter((answer) => /Bearer MARKED|session=|Basic MARKED/.test(answer));
    expect(headers).toEqual([]);
  }, 120_000);

  it('of tokens that it refuses', async () => {
    const keys = join(folder.path, 'keys.json');
    writeFileSync(keys, JSON.stringify(await publicKeys()));
    const started = start({
      ATLAS_AUTH: 'jwt',
      ATLAS_JWT_ISSUER: ISSUER,
      ATLAS_JWT_AUDIENCE: AUDIENCE,
      ATLAS_JWT_KEYS: keys,
    });
    const { url } = await started.ready();
    const answers = await sendMarked(url);
    const statuses = answers.map((answer) => / (\d{3}) /.exec(answer)?.[1]);
    expect(statuses.filter((status) => status === '401').length).toBeGreaterThan(60);
    expectNothingMarked(started);
    const guarded = answers.filter((answer) => answer.includes(' 401 '));
    expectNothingMarked(started, guarded);
  }, 120_000);
});

/** Defines actions that need secrets and reach nobody, and ends a run that they belong to. */
async function failActions(url: string): Promise<void> {
  const post = async (path: string, body: object): Promise<void> => {
    const response = await fetch(`${url}/registry${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
  };
  const target = { url: `http://${NOBODY}/hook`, secretName: 'hook' };
  const id = 'secret';
  const actions = [
    { type: 'CALL_WEBHOOK', parameters: { target, attemptsMax: 1 } },
    {
      type: 'SEND_NOTIFICATION',
      parameters: { channel: 'email', recipients: ['a@b.example'] },
    },
  ];
  const job = { name: 'Job', kind: 'load', trigger: { type: 'MANUAL' } };
  const profile = { id, version: '1.0.0' };
  await post('/action-profiles', { ...profile, name: 'Profile', actions });
  for (const step of ['submit', 'approve']) await post(`/action-profiles/${id}/1.0.0/${step}`, {});
  await post('/job-definitions', { ...profile, ...job, onSuccess: [profile] });
  for (const step of ['submit', 'approve']) await post(`/job-definitions/${id}/1.0.0/${step}`, {});
  await post(`/job-definitions/${id}/runs`, { id: 'run' });
  await post('/job-runs/run/begin', {});
  await post('/job-runs/run/finish', { status: 'succeeded' });
}

describe('a start that fails holds no secret', () => {
  it.each<[string, Record<string, string>]>([
    [
      'NATS refuses',
      { NATS_URL: `nats://u:${MARK}@${NOBODY}`, ATLAS_NATS_CONNECT_TIMEOUT_MS: '300' },
    ],
    ['NATS_URL is no URL', { NATS_URL: `nats://u:${ODD}@h` }],
    ['NATS_URL is a list', { NATS_URL: `nats://u:${MARK},${MARK}@h:x` }],
    ['DATABASE_URL is no URL', { DATABASE_URL: `mysql://u:${MARK}@h/d` }],
    [
      'DATABASE_URL cannot be read',
      { DATABASE_URL: `postgres://u:${ODD}@[::/d`, ATLAS_REGISTRY_STORE: 'postgres' },
    ],
    ['REDIS_URL is no URL', { REDIS_URL: `http://u:${MARK}@h` }],
    ['REDIS_URL has no host', { REDIS_URL: `redis://u:${ODD}` }],
    ['ATLAS_SMTP_URL is no URL', { ATLAS_SMTP_URL: `http://u:${MARK}@h` }],
    ['a source has a password', { ATLAS_REGISTRY_SOURCES: `a=http:https://u:${MARK}@h/x` }],
    ['tokens of sources are no list', { ATLAS_REGISTRY_TOKENS: MARK }],
    ['ATLAS_CURSOR_SECRET is too short', { ATLAS_CURSOR_SECRET: MARK.slice(0, 14) }],
    ['a setting is not known', { ATLAS_PASSWORD: MARK }],
    ['the endpoint of S3 has a password', { ATLAS_S3_ENDPOINT: `https://u:${MARK}@h` }],
    [
      'the bucket is away',
      {
        ATLAS_STORE: 's3',
        ATLAS_S3_ENDPOINT: `http://${NOBODY}`,
        ATLAS_S3_BUCKET: 'bucket',
        AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
        AWS_SECRET_ACCESS_KEY: MARK,
        AWS_SESSION_TOKEN: MARK,
        ATLAS_STORE_CONNECT_TIMEOUT_MS: '200',
        ATLAS_STORE_RETRY_ATTEMPTS: '1',
      },
    ],
    [
      'keys come from an address with a password',
      {
        ATLAS_AUTH: 'jwt',
        ATLAS_JWT_ISSUER: ISSUER,
        ATLAS_JWT_AUDIENCE: AUDIENCE,
        ATLAS_JWKS_URL: `https://u:${MARK}@${NOBODY}/jwks?key=${MARK}`,
        ATLAS_ALLOW_PRIVATE_JWKS_HOST: 'true',
        BIND_ADDR: 'nowhere.invalid:1',
      },
    ],
  ])('when %s', async (_why, env) => {
    const started = start(env);
    expect(await started.exit).toBe(1);
    expect(started.stderr()).not.toBe('');
    expectNothingMarked(started);
  });
});
