import { join } from 'node:path';
import { type Finding, ok, problem, warning } from '#cli/doctor/finding';
import { type Broker, connectBroker } from '#clients/nats';
import { findNatsServer } from '#clients/nats-binary';
import { findEmbeddedNats } from '#clients/nats-process';
import { listWithoutCredentials } from '#clients/without-credentials';
import type { Check, CheckSetup } from '#compose/doctor/check';
import { checkMonitors } from '#compose/doctor/nats-monitor';
import { checkUser } from '#compose/doctor/nats-user';
import { checkStreams } from '#compose/doctor/streams';
import { natsAccess } from '#compose/logs';
import { quote } from '#domain/errors';
import { packageInfo } from '#ops/package-root';

const CHECK = 'nats';
const PAYLOAD_BYTES = 1_048_576;
// Headers of an event and a body of one line.
const PAYLOAD_BYTES_MIN = 65_536;
const CLIENT_NAME = 'atlas-registry doctor';

/** Looks at the broker: the one that is named, the embedded one that runs, or the program that would be started. */
export const checkNats: Check = async (setup) => {
  const { config, timeoutMs } = setup;
  const connectTimeoutMs = Math.min(config.natsConnectTimeoutMs, timeoutMs);
  if (config.natsUrl === undefined) return await embeddedFindings(setup, connectTimeoutMs);
  const { credentials, tls, inboxPrefix } = natsAccess(config);
  const broker = await connectBroker({
    url: config.natsUrl,
    name: CLIENT_NAME,
    connectTimeoutMs,
    credentials,
    tls,
    ...(inboxPrefix === undefined ? {} : { inboxPrefix }),
  });
  setup.releases.add('nats', () => broker.close());
  return [
    ok(CHECK, `${serverText(broker)} at ${listWithoutCredentials(config.natsUrl)}, with JetStream`),
    payloadFinding(broker),
    ...(await checkMonitors(setup.monitors, timeoutMs / 2)),
    ...(await checkUser(broker)),
    ...(await checkStreams(setup, broker)),
  ];
};

async function embeddedFindings(
  setup: CheckSetup,
  connectTimeoutMs: number,
): Promise<readonly Finding[]> {
  const { config, releases } = setup;
  const running = findEmbeddedNats(join(config.dataDir, 'nats'));
  if (running !== undefined) {
    const broker = await connectBroker({ ...running, name: CLIENT_NAME, connectTimeoutMs });
    releases.add('nats', () => broker.close());
    const is = `${serverText(broker)} runs, embedded; every event is on disk before it is acknowledged`;
    return [ok(CHECK, is), ...(await checkStreams(setup, broker))];
  }
  const { path, version } = await findNatsServer({
    override: config.natsServerBin,
    embeddedFolder: join(packageInfo().root, 'embedded'),
    searchPath: config.searchPath,
  });
  return [ok(CHECK, `nats-server ${version} (${quote(path)}) is started with the registry`)];
}

function serverText({ nc }: Broker): string {
  const cluster = nc.info?.cluster === undefined ? '' : `, cluster ${quote(nc.info.cluster)}`;
  return `nats-server ${nc.info?.version}${cluster}`;
}

function payloadFinding({ nc }: Broker): Finding {
  const bytes = nc.info?.max_payload ?? 0;
  const is = `messages may have ${bytes} bytes (max_payload)`;
  const todo = `set max_payload: 1MB; larger bodies go to the artifact store`;
  if (bytes < PAYLOAD_BYTES_MIN) return problem(CHECK, is, todo);
  return bytes < PAYLOAD_BYTES ? warning(CHECK, is, todo) : ok(CHECK, is);
}
