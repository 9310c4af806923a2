import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BROKER_USERS, brokerConfig } from '#cluster/broker-config';
import type { ClusterPorts, ClusterSize } from '#cluster/cluster-ports';
import { localPostgres, postgresUrl } from '#cluster/local-postgres';
import type { TetheredOptions } from '#cluster/tethered-process';

/** What a member does. The nodes of the registry are called by their `ATLAS_ROLE`. */
export type MemberRole = 'postgres' | 'broker' | 'projector' | 'writer' | 'reader';

/** One process of a cluster: who it is, where it is, and how it is started. */
export interface MemberPlan {
  /** `writer-1` */
  readonly name: string;
  readonly role: MemberRole;
  /** Where it is reached, without passwords. */
  readonly url: string;
  readonly folder: string;
  readonly logPath: string;
  /** Prepares its folder and says how it is started. @throws CANNOT_START */
  readonly prepare: () => TetheredOptions;
}

export interface ClusterLayout {
  /** Where everything lies; made when it is not there. Locked by whoever calls. */
  readonly folder: string;
  readonly size: ClusterSize;
  readonly ports: ClusterPorts;
  /** nats-server. */
  readonly natsBinary: string;
  /** The program of a node, run by this Node. */
  readonly entry: string;
  readonly searchPath: string;
  /** Where the shared views lie: in a Postgres of its own, in one that runs, or in files of each node. */
  readonly postgres: 'own' | 'none' | { readonly url: string };
  /** Settings of every node beside those that make it a member. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Who is in a cluster and how it is reached. */
export interface ClusterPlan {
  /** In the order in which they are started. They end in the opposite one. */
  readonly members: readonly MemberPlan[];
  /** All brokers, with the password of the registry's account. */
  readonly natsUrl: string;
  /** One broker alone. */
  readonly brokerUrl: (name: string) => string;
  readonly databaseUrl: string | undefined;
  readonly replicas: number;
  readonly storeFolder: string;
}

// Longer than a balancer takes to see that a node is not ready: twice 100 ms and as much again.
const DRAIN_DELAY_MS = '500';

/** Says which processes make the cluster. Writes its password and its keys of anchors and webhooks at the first start. */
export function planCluster(layout: ClusterLayout): ClusterPlan {
  const { folder, size, ports } = layout;
  const password = keptSecret(join(folder, 'password'), () => randomBytes(24).toString('hex'));
  const brokers = named('broker', size.brokers);
  const urlOf = (name: string): string =>
    `nats://${BROKER_USERS.registry}:${password}@127.0.0.1:${ports.get(name) ?? 0}`;
  const natsUrl = brokers.map(urlOf).join(',');
  const replicas = size.brokers >= 3 ? size.brokers : 1;
  const databaseUrl = databaseOf(layout, password);
  const shared = {
    ...layout.settings,
    PATH: layout.searchPath,
    NATS_URL: natsUrl,
    ATLAS_STREAM_REPLICAS: String(replicas),
    ATLAS_STORE_FOLDER: join(folder, 'store'),
    ATLAS_AUDIT_KEY: auditKey(folder),
    ATLAS_WEBHOOK_KEY: webhookKey(folder),
    ATLAS_DRAIN_DELAY_MS: DRAIN_DELAY_MS,
    ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
  };
  const nodes = (['projector', 'writer', 'reader'] as const).flatMap((role) =>
    named(role, size[`${role}s`]).map((name) => node(layout, { name, role, shared })),
  );
  return {
    members: [
      ...(layout.postgres === 'own' ? [postgres(layout, password)] : []),
      ...brokers.map((name) => broker(layout, name, password)),
      ...nodes,
    ],
    natsUrl,
    brokerUrl: urlOf,
    databaseUrl,
    replicas,
    storeFolder: join(folder, 'store'),
  };
}

function databaseOf({ postgres, ports }: ClusterLayout, password: string): string | undefined {
  if (postgres === 'none') return undefined;
  return postgres === 'own' ? postgresUrl(ports.get('postgres') ?? 0, password) : postgres.url;
}

function named(role: MemberRole, count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => `${role}-${i + 1}`);
}

function placeOf({ folder, ports }: ClusterLayout, name: string) {
  const logPath = join(folder, 'logs', `${name}.log`);
  return { name, folder: join(folder, name), logPath, port: ports.get(name) ?? 0 };
}

function broker(layout: ClusterLayout, name: string, password: string): MemberPlan {
  const place = placeOf(layout, name);
  const { port, folder, logPath } = place;
  const routeOf = (one: string): number => layout.ports.get(one.replace('broker', 'route')) ?? 0;
  const others = named('broker', layout.size.brokers).filter((one) => one !== name);
  const route =
    others.length === 0 ? undefined : { port: routeOf(name), others: others.map(routeOf) };
  const prepare = (): TetheredOptions => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const config = join(folder, 'nats.conf');
    const text = brokerConfig({ name, port, route, storeFolder: folder, password });
    writeFileSync(config, text, { mode: 0o600 });
    const command = layout.natsBinary;
    return { command, args: ['-c', config], env: {}, cwd: folder, logPath };
  };
  return { ...place, role: 'broker', url: `nats://127.0.0.1:${port}`, prepare };
}

function postgres(layout: ClusterLayout, password: string): MemberPlan {
  const place = placeOf(layout, 'postgres');
  const prepare = (): TetheredOptions => {
    // Its account is another one where we are root: it has to pass through.
    chmodSync(layout.folder, 0o711);
    return localPostgres({ ...place, password });
  };
  const url = `postgres://127.0.0.1:${place.port}/postgres`;
  return { ...place, role: 'postgres', url, prepare };
}

function node(
  layout: ClusterLayout,
  who: {
    readonly name: string;
    readonly role: 'projector' | 'writer' | 'reader';
    readonly shared: Readonly<Record<string, string>>;
  },
): MemberPlan {
  const { name, role, shared } = who;
  const place = placeOf(layout, name);
  const { folder, logPath, port } = place;
  const env = {
    ...shared,
    ATLAS_ROLE: role,
    ATLAS_NODE_ID: name,
    BIND_ADDR: `127.0.0.1:${port}`,
    ATLAS_DATA_DIR: folder,
  };
  const prepare = (): TetheredOptions => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const args = [layout.entry, 'serve'];
    return { command: process.execPath, args, env, cwd: folder, logPath };
  };
  return { ...place, role, url: `http://127.0.0.1:${port}`, prepare };
}

/** Both projectors sign the same anchors. */
function auditKey(folder: string): string {
  const path = join(folder, 'audit-key.pem');
  keptSecret(path, () =>
    String(generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' })),
  );
  return path;
}

function webhookKey(folder: string): string {
  const path = join(folder, 'webhook-key');
  keptSecret(path, () => randomBytes(32).toString('base64url'));
  return path;
}

function keptSecret(path: string, make: () => string): string {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  if (!existsSync(path)) writeFileSync(path, make(), { mode: 0o600, flag: 'wx', flush: true });
  return readFileSync(path, 'utf8');
}
