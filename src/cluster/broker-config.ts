/** What a nats-server of a cluster is told. */
export interface BrokerConfig {
  readonly name: string;
  readonly port: number;
  /** Where it listens for the others; absent for one that is alone. */
  readonly route?: { readonly port: number; readonly others: readonly number[] } | undefined;
  /** Where its streams lie. */
  readonly storeFolder: string;
  /** Of clients, of the other servers, and of the system account. */
  readonly password: string;
}

/** The user of the registry's account, and of the system account that may remove servers from the cluster. */
export const BROKER_USERS = { registry: 'registry', system: 'system' } as const;

/** Writes the configuration of one nats-server. Acknowledged means on disk: see ADR 004. */
export function brokerConfig(options: BrokerConfig): string {
  const { name, port, route, storeFolder, password } = options;
  const user = (who: string): string => `{ user: ${who}, password: "${password}" }`;
  const cluster =
    route === undefined
      ? []
      : [
          'cluster {',
          '  name: atlas',
          `  listen: "127.0.0.1:${route.port}"`,
          `  authorization ${user('route')}`,
          `  routes: [${route.others.map((other) => `"nats://route:${password}@127.0.0.1:${other}"`).join(', ')}]`,
          '}',
        ];
  return [
    `server_name: ${name}`,
    `listen: "127.0.0.1:${port}"`,
    `jetstream { store_dir: ${JSON.stringify(storeFolder)}, sync_interval: always }`,
    ...cluster,
    'accounts {',
    `  SYSTEM { users: [${user(BROKER_USERS.system)}] }`,
    `  REGISTRY { jetstream: enabled, users: [${user(BROKER_USERS.registry)}] }`,
    '}',
    'system_account: SYSTEM',
    'max_payload: 1MB',
    'ping_interval: "10s"',
    '',
  ].join('\n');
}
