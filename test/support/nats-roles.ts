import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nkeys, PermissionViolationError } from 'nats';
import { type Broker, connectBroker } from '#clients/nats';
import { freePorts } from '#flow/free-ports';
import { type IssuedCertificate, testAuthority } from '#test/support/certificates';
import { natsBinary } from '#test/support/nats';
import { tempFolder } from '#test/support/temp';
import { eventually } from '#test/support/wait';

const EXAMPLE = join(import.meta.dirname, '../../deploy/nats/nats-server.conf');

const NATS_ROLES = ['writer', 'projector', 'reader', 'all', 'provisioner', 'consumer'] as const;

/** Who has a user of its own in `deploy/nats`. */
export type NatsRole = (typeof NATS_ROLES)[number];

/** A connection of one role, and what the server refused on it. */
export interface RoleConnection extends Broker {
  /** What the server refuses of what is done; `undefined` when nothing. */
  readonly refusalOf: (act: () => void) => Promise<string | undefined>;
}

/** The server of `deploy/nats`, with TLS for both sides and a key for each role. */
export interface NatsWithRoles extends AsyncDisposable {
  readonly url: string;
  readonly caPath: string;
  /** The settings of a node that is this user. */
  env(role: NatsRole): Record<string, string>;
  connect(role: NatsRole): Promise<RoleConnection>;
}

/** Starts the server of the example. */
export async function startNatsWithRoles(): Promise<NatsWithRoles> {
  const folder = tempFolder();
  const authority = testAuthority(folder.path);
  const [server, client] = [authority.issue('nats'), authority.issue('node')];
  const [port] = await freePorts(1);
  const store = join(folder.path, 'store');
  mkdirSync(store);
  const keys = NATS_ROLES.map((role) => {
    const pair = nkeys.createUser();
    const seedPath = join(folder.path, `${role}.nk`);
    writeFileSync(seedPath, pair.getSeed());
    return [role, pair.getPublicKey()] as const;
  });
  const child = spawn(await natsBinary(), ['-c', EXAMPLE], {
    stdio: 'ignore',
    env: {
      ATLAS_NATS_LISTEN: `127.0.0.1:${port}`,
      ATLAS_NATS_STORE: store,
      ATLAS_NATS_CERT: server.certPath,
      ATLAS_NATS_KEY: server.keyPath,
      ATLAS_NATS_CA: authority.caPath,
      ...Object.fromEntries(keys.map(([role, key]) => [`ATLAS_${role.toUpperCase()}_NKEY`, key])),
    },
  });
  const url = `tls://127.0.0.1:${port}`;
  const env = (role: NatsRole) =>
    settingsOf(role, { url, ca: authority.caPath, client, folder: folder.path });
  const brokers: Broker[] = [];
  const connect = async (role: NatsRole): Promise<RoleConnection> => {
    const broker = await connectBroker({
      url,
      name: role,
      connectTimeoutMs: 5_000,
      credentials: { nkeyPath: join(folder.path, `${role}.nk`) },
      tls: { caPath: authority.caPath, certPath: client.certPath, keyPath: client.keyPath },
      inboxPrefix: `_INBOX_${role}`,
    });
    brokers.push(broker);
    return watched(broker);
  };
  await eventually('the server', async () => await connect('provisioner'));
  return {
    url,
    caPath: authority.caPath,
    env,
    connect,
    async [Symbol.asyncDispose]() {
      await Promise.all(brokers.map((broker) => broker.close()));
      await end(child);
      folder[Symbol.dispose]();
    },
  };
}

function settingsOf(
  role: NatsRole,
  from: { url: string; ca: string; client: IssuedCertificate; folder: string },
): Record<string, string> {
  return {
    NATS_URL: from.url,
    NATS_NKEY_PATH: join(from.folder, `${role}.nk`),
    NATS_CA_PATH: from.ca,
    NATS_CERT_PATH: from.client.certPath,
    NATS_KEY_PATH: from.client.keyPath,
    NATS_INBOX_PREFIX: `_INBOX_${role}`,
  };
}

function watched(broker: Broker): RoleConnection {
  const refusals: string[] = [];
  void (async () => {
    for await (const status of broker.nc.status())
      if (status.type === 'error' && status.error instanceof PermissionViolationError)
        refusals.push(status.error.message);
  })();
  const refusalOf = async (act: () => void): Promise<string | undefined> => {
    refusals.length = 0;
    act();
    // What the server says of it comes before its answer to this.
    await broker.nc.flush();
    await new Promise((resolve) => setImmediate(resolve));
    return refusals[0];
  };
  return { ...broker, refusalOf };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}
