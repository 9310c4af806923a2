import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type BrokerOptions, connectBroker } from '#clients/nats';
import { freePorts } from '#flow/free-ports';
import { startTestNats, type TestNats } from '#test/support/nats';
import { eventually } from '#test/support/wait';

let nats: TestNats;
beforeAll(async () => {
  nats = await startTestNats({ provision: false });
});
afterAll(async () => {
  await nats[Symbol.asyncDispose]();
});

/** A server that speaks as much of the protocol as a client needs to believe in it. */
interface FakeServer {
  readonly url: string;
  readonly server: Server;
  readonly sockets: Set<Socket>;
  readonly received: string[];
}

const fakes: FakeServer[] = [];
afterEach(async () => {
  for (const { server, sockets } of fakes.splice(0)) {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function fakeNats(info: Readonly<Record<string, unknown>> | undefined): Promise<FakeServer> {
  const sockets = new Set<Socket>();
  const received: string[] = [];
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      received.push(String(chunk));
      if (String(chunk).includes('PING\r\n')) socket.write('PONG\r\n');
    });
    if (info !== undefined) socket.write(`INFO ${JSON.stringify(info)}\r\n`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const fake = { url: `nats://127.0.0.1:${port}`, server, sockets, received };
  fakes.push(fake);
  return fake;
}

function infoOf(version: string): Readonly<Record<string, unknown>> {
  return { server_id: 'FAKE', version, proto: 1, headers: true, max_payload: 1_048_576 };
}

const named = { name: 'test', connectTimeoutMs: 1_000 };

function connect(overrides: Partial<BrokerOptions>) {
  const { url, token } = nats.server;
  return connectBroker({ url, token, ...named, ...overrides });
}

describe('connectBroker()', () => {
  it.each(['2.9.10', '2.10.29', '1.4.0'])(
    'refuses a server of version %s, says why, and hangs up',
    async (version) => {
      const fake = await fakeNats(infoOf(version));
      const refused = connect({ url: fake.url.replace('//', '//user:secret@') });
      await expect(refused).rejects.toMatchObject({
        code: 'CANNOT_START',
        message: `Cannot use NATS at "${fake.url.replace('//', '//***@')}": its version is ${version} (want 2.11 or later: before it there is no "sync_interval: always", and compare-and-set could be lost on clusters)`,
      });
      await eventually('the connection to be closed', () => fake.sockets.size === 0);
      // It asked for nothing: no JetStream request reached the server.
      expect(fake.received.join('')).not.toContain('$JS');
    },
  );

  it('refuses a wrong token and no token, and shows neither the right one nor the wrong one', async () => {
    const { url } = nats.server;
    const wrong = 'wrong-token';
    const attempts = [
      { url, token: wrong },
      { url },
      { url: url.replace('//', `//${wrong}@`) },
    ] as const;
    for (const attempt of attempts) {
      const error = await connectBroker({ ...attempt, ...named }).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).toMatchObject({ code: 'CANNOT_START' });
      expect(String(error)).toMatch(/Cannot connect to NATS at "nats:.*": .*authorization/i);
      expect(String(error)).not.toMatch(new RegExp(`${wrong}|${nats.server.token}`));
    }
  });

  it('takes a token or a user and password from the URL', async () => {
    const { url, token } = nats.server;
    const broker = await connectBroker({
      url: url.replace('//', `//${encodeURIComponent(token)}@`),
      ...named,
    });
    expect(broker.connected()).toBe(true);
    await broker.close();
    const fake = await fakeNats(infoOf('2.9.10'));
    const withUser = fake.url.replace('//', '//us%40er:p%3Ass@');
    await expect(connectBroker({ url: withUser, ...named })).rejects.toThrow(/2\.9\.10/);
    const [, sent = '{}'] = /CONNECT (\{.*\})/.exec(fake.received.join('')) ?? [];
    expect(JSON.parse(sent)).toMatchObject({ user: 'us@er', pass: 'p:ss', name: 'test' });
  });

  it('gives up in time on a port that takes connections and says nothing', async () => {
    const fake = await fakeNats(undefined);
    const started = performance.now();
    await expect(connect({ url: fake.url, connectTimeoutMs: 300 })).rejects.toMatchObject({
      code: 'CANNOT_START',
      message: expect.stringMatching(/^Cannot connect to NATS at ".*": .*\(want a running server/),
    });
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it('takes the first server of a list that answers', async () => {
    const [closed = 0] = await freePorts(1);
    const url = `nats://127.0.0.1:${closed}, ${nats.server.url.replace('nats://', '')}`;
    const broker = await connect({ url });
    expect(broker.nc.getServer()).toBe(nats.server.url.replace('nats://', ''));
    await broker.close();
  });

  it('refuses a list with something in it that is no server, and hides its passwords', async () => {
    for (const url of ['nats://a:secret@x,http://u:secret@y', 'nats://', 'nats://a b', ' ']) {
      const refused = connect({ url });
      await expect(refused, url).rejects.toThrow(/Cannot use NATS_URL ".*is not a list of NATS/);
      await expect(refused, url).rejects.not.toThrow(/secret/);
    }
  });

  it('says which credentials file cannot be read', async () => {
    const credsPath = join(nats.folder, 'none.creds');
    await expect(connect({ credentials: { credsPath } })).rejects.toThrow(
      /Cannot read NATS credentials ".*none.creds": .*ENOENT.*check NATS_CREDS_PATH/,
    );
  });

  it('tells when the connection is gone and when it is back', async () => {
    const broker = await connect({});
    let renewals = 0;
    const stop = broker.onReconnect(() => {
      renewals += 1;
    });
    nats.kill();
    await eventually('the loss to be noticed', () => !broker.connected() || renewals > 0);
    await eventually('the connection to be back', () => broker.connected() && renewals === 1);
    stop();
    const renewed = new Promise<void>((resolve) => void broker.onReconnect(resolve));
    await broker.nc.reconnect();
    await renewed;
    expect([renewals, broker.connected()]).toEqual([1, true]);
    await broker.close();
    expect(broker.connected()).toBe(false);
    await broker.close();
  });
});
