// Follows the changes of one environment over NATS, with a durable consumer: the broker remembers how far it has come, so it goes
// on there after a restart. Run it twice under one name and the two share the work.
//
//   node dist/examples/consumers/nats-consumer.js --name my-copy
//
import { existsSync, readFileSync } from 'node:fs';
import { env, stdout } from 'node:process';
import { parseArgs } from 'node:util';
import {
  AckPolicy,
  DeliverPolicy,
  type JsMsg,
  jetstream,
  jetstreamManager,
} from '@nats-io/jetstream';
import { connect } from 'nats';

interface Address {
  readonly servers: string[];
  readonly user?: string;
  readonly pass?: string;
  readonly token?: string;
}

const STREAM = 'REGISTRY';
/** How many event ids are kept, so that what comes twice is done once. A real consumer keeps them with what it writes. */
const IDS_MAX = 10_000;

const { values } = parseArgs({
  options: {
    name: { type: 'string', default: 'example' },
    // Every kind of thing in the environment default/dev.
    subject: { type: 'string', default: 'atlas.default.dev.*.*' },
    // Where the broker of `make run` has its token; that of `make cluster` is .atlas-cluster/broker-1/nats.conf.
    config: { type: 'string', default: '.atlas/nats/nats.conf' },
    // Ends when nothing is left, in place of waiting for more.
    once: { type: 'boolean', default: false },
  },
});

const connection = await connect(broker());
const consumer = await durable();
const done = new Set<string>();
process.once('SIGINT', () => void connection.drain());

const messages = values.once
  ? await consumer.fetch({ max_messages: IDS_MAX, expires: 2_000 })
  : await consumer.consume({ max_messages: 100 });
for await (const message of messages) {
  const id = message.headers?.get('ce-id') ?? '';
  if (!done.has(id)) {
    await handle(message);
    done.add(id);
    if (done.size > IDS_MAX) done.delete([...done][0] ?? '');
  }
  // Only now: an event that was taken and not done comes again.
  message.ack();
}
await connection.drain();

/** What you would do with an event: here it is only shown. */
async function handle(message: JsMsg): Promise<void> {
  const type = message.headers?.get('ce-type') ?? '';
  const name = decodeURIComponent(message.headers?.get('ce-subject') ?? '');
  stdout.write(`${message.seq} ${type} ${name} ${message.headers?.get('ce-id') ?? ''}\n`);
}

/** Opens the durable consumer, and makes it where it is not there yet. */
async function durable() {
  const manager = await jetstreamManager(connection);
  try {
    await manager.consumers.info(STREAM, values.name);
  } catch {
    // In production the provisioner makes it, and this program may not: see deploy/nats.
    await manager.consumers.add(STREAM, {
      durable_name: values.name,
      filter_subject: values.subject,
      deliver_policy: DeliverPolicy.All,
      ack_policy: AckPolicy.Explicit,
      // In their order: the next one only after this one was acknowledged.
      max_ack_pending: 1,
      ack_wait: 30e9,
    });
  }
  return await jetstream(connection).consumers.get(STREAM, values.name);
}

/** Says where the broker is: NATS_URL, else what the configuration of a broker on this machine says. */
function broker(): Address {
  const { NATS_URL } = env;
  if (NATS_URL !== undefined) return fromUrl(NATS_URL);
  if (!existsSync(values.config))
    throw new Error(`There is no ${values.config}: start \`make run\`, or set NATS_URL`);
  const config = readFileSync(values.config, 'utf8');
  const servers = [/^listen: "(.+)"$/m.exec(config)?.[1] ?? ''];
  const token = /token: "(.+?)"/.exec(config)?.[1];
  if (token !== undefined) return { servers, token };
  const pass = /user: registry, password: "(.+?)"/.exec(config)?.[1] ?? '';
  return { servers, user: 'registry', pass };
}

function fromUrl(text: string): Address {
  const urls = text.split(',').map((one) => new URL(one));
  const [{ username, password } = { username: '', password: '' }] = urls;
  const servers = urls.map(({ protocol, host }) => `${protocol}//${host}`);
  if (username === '') return { servers };
  return password === ''
    ? { servers, token: username }
    : { servers, user: username, pass: password };
}
