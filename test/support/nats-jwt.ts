import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nkeys } from 'nats';
import { type Broker, connectBroker } from '#clients/nats';
import { freePorts } from '#flow/free-ports';
import { natsBinary } from '#test/support/nats';
import { eventually } from '#test/support/wait';

/** A nats-server whose users are known by signed claims that expire. */
export interface NatsWithJwt extends AsyncDisposable {
  readonly url: string;
  /** Makes a credentials file for a new user, valid for so long. */
  creds(validMs: number): string;
}

/** Starts a nats-server with JetStream in a folder. */
export async function startNatsWithJwt(folder: string): Promise<NatsWithJwt> {
  const operator = nkeys.createOperator();
  const [account, system] = [nkeys.createAccount(), nkeys.createAccount()];
  const [port] = await freePorts(1);
  const store = join(folder, 'store');
  mkdirSync(store);
  const unlimited = { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 };
  const limits = { subs: -1, conn: -1, leaf: -1, imports: -1, exports: -1, data: -1, payload: -1 };
  const accountJwt = signed(operator, account.getPublicKey(), {
    type: 'account',
    limits: { ...limits, wildcards: true, ...unlimited },
  });
  const systemJwt = signed(operator, system.getPublicKey(), { type: 'account', limits });
  const [key, systemKey] = [account.getPublicKey(), system.getPublicKey()];
  const config = join(folder, 'nats.conf');
  const lines = [
    `listen: "127.0.0.1:${port}"`,
    `jetstream { store_dir: ${JSON.stringify(store)} }`,
    `operator: ${signed(operator, operator.getPublicKey(), { type: 'operator' })}`,
    'resolver: MEMORY',
    `system_account: ${systemKey}`,
    `resolver_preload: { ${key}: ${accountJwt}, ${systemKey}: ${systemJwt} }`,
  ];
  writeFileSync(config, lines.join('\n'));
  const child = spawn(await natsBinary(), ['-c', config], { stdio: 'ignore' });
  const url = `nats://127.0.0.1:${port}`;
  const creds = (validMs: number): string => {
    const user = nkeys.createUser();
    const exp = Math.floor((Date.now() + validMs) / 1_000);
    const claims = { type: 'user', subs: -1, data: -1, payload: -1 };
    const jwt = signed(account, user.getPublicKey(), claims, exp);
    const seed = new TextDecoder().decode(user.getSeed());
    return [
      `-----BEGIN NATS USER JWT-----\n${jwt}\n------END NATS USER JWT------\n`,
      `-----BEGIN USER NKEY SEED-----\n${seed}\n------END USER NKEY SEED------\n`,
    ].join('\n');
  };
  const credsPath = join(folder, 'first.creds');
  writeFileSync(credsPath, creds(60_000));
  const first: Broker = await eventually('the server', async () =>
    connectBroker({ url, name: 'test', connectTimeoutMs: 5_000, credentials: { credsPath } }),
  );
  await first.close();
  return {
    url,
    creds,
    [Symbol.asyncDispose]: async () => await end(child),
  };
}

function signed(
  issuer: ReturnType<typeof nkeys.createAccount>,
  sub: string,
  nats: object,
  exp?: number,
): string {
  const claims = {
    jti: randomBytes(16).toString('hex'),
    iat: Math.floor(Date.now() / 1_000),
    iss: issuer.getPublicKey(),
    sub,
    name: 'test',
    nats: { ...nats, version: 2 },
    ...(exp === undefined ? {} : { exp }),
  };
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const unsigned = `${part({ typ: 'JWT', alg: 'ed25519-nkey' })}.${part(claims)}`;
  return `${unsigned}.${Buffer.from(issuer.sign(Buffer.from(unsigned))).toString('base64url')}`;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}
