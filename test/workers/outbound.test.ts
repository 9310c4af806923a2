import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { outboundOf } from '#test/support/action-bed';
import { type HookServer, startHookServer, status } from '#test/support/hook-server';
import { startRudeServer } from '#test/support/rude-server';
import { eventually } from '#test/support/wait';
import { parseHostList } from '#workers/host-list';
import { type Outbound, type OutboundReply, TargetRefused } from '#workers/outbound';

let server: HookServer;
const clients: Outbound[] = [];
beforeEach(async () => {
  server = await startHookServer();
});
afterEach(async () => {
  for (const one of clients.splice(0)) one.close();
  await server[Symbol.asyncDispose]();
});

function client(...options: Parameters<typeof outboundOf>): Outbound {
  const made = outboundOf(...options);
  clients.push(made);
  return made;
}

async function send(
  outbound: Outbound,
  url: string,
  signal: AbortSignal = AbortSignal.timeout(10_000),
): Promise<OutboundReply> {
  const request = { method: 'POST', headers: { 'x-a': 'b' }, body: '{"a":1}' } as const;
  return await outbound.send({ url, ...request }, signal);
}

describe('Outbound', () => {
  it('sends what it is given and gives the status alone', async () => {
    server.behave((response) => response.writeHead(202).end('secret answer'));
    expect(await send(client(), server.url)).toEqual({ status: 202 });
    expect(server.requests).toMatchObject([
      { method: 'POST', path: '/hook', body: '{"a":1}', headers: { 'x-a': 'b' } },
    ]);
  });

  // Other hosts and URLs that nobody may call: `test/flow/outside-callers.test.ts`.
  it.each(['http://127.0.0.1:PORT/', 'http://hooks.example/', ''])(
    'does not call %s where private hosts are not allowed',
    async (url) => {
      const outbound = client({ allowPrivateHosts: false });
      const sending = send(outbound, url.replace('PORT', `${server.port}`));
      await expect(sending).rejects.toBeInstanceOf(TargetRefused);
      expect(server.requests).toEqual([]);
    },
  );

  it('tells a name with a private address from one that does not answer', async () => {
    const outbound = client({ allowPrivateHosts: false, addresses: ['8.8.8.8', '10.1.2.3'] });
    await expect(send(outbound, `https://hooks.example:${server.port}/`)).rejects.toMatchObject({
      name: 'TargetRefused',
      message: expect.stringContaining('has the private address'),
    });
  });

  it('connects to the address that it has checked', async () => {
    await using rude = await startRudeServer({ greeting: 'this is no TLS\r\n' });
    const outbound = client({ addresses: ['127.0.0.1'] });
    await expect(send(outbound, `https://hooks.example:${rude.port}/`)).rejects.toMatchObject({
      code: 'ERR_SSL_WRONG_VERSION_NUMBER',
    });
    expect(rude.connections()).toBe(1);
  });

  it('allows plain http to this machine alone, and only where private hosts are allowed', async () => {
    const sending = send(
      client({ addresses: ['127.0.0.1'] }),
      `http://hooks.example:${server.port}/`,
    );
    await expect(sending).rejects.toBeInstanceOf(TargetRefused);
    expect(await send(client(), server.url)).toEqual({ status: 200 });
  });

  it('calls only the hosts of its list', async () => {
    const listed = client({ hosts: parseHostList(['127.0.0.1', '*.example']) });
    expect(await send(listed, server.url)).toEqual({ status: 200 });
    const refused = send(listed, `http://localhost:${server.port}/`);
    await expect(refused).rejects.toThrow('host "localhost" is not among those that may be called');
  });

  it('follows no redirect, to a private address or any other', async () => {
    for (const location of ['http://169.254.169.254/', server.url]) {
      server.behave(status(302, { Location: location }));
      expect(await send(client(), server.url)).toEqual({ status: 302 });
    }
    expect(server.requests).toHaveLength(2);
  });

  it('understands Retry-After in seconds and as a date, and no nonsense', async () => {
    const ask = async (value: string) => {
      server.behave(status(429, { 'Retry-After': value }));
      return (await send(client(), server.url)).retryAfterMs;
    };
    expect(await ask('120')).toBe(120_000);
    const inTwoMinutes = await ask(new Date(Date.now() + 120_000).toUTCString());
    expect(inTwoMinutes).toBeGreaterThan(110_000);
    expect(inTwoMinutes).toBeLessThanOrEqual(120_000);
    expect(await ask('Thu, 01 Jan 1970 00:00:00 GMT')).toBe(0);
    expect([await ask('soon'), await ask('')]).toEqual([undefined, undefined]);
  });

  it('gives up with its signal while nobody answers, and closes the connection', async () => {
    await using hanging = await startRudeServer();
    const stop = new AbortController();
    const sending = send(client(), `http://127.0.0.1:${hanging.port}/`, stop.signal);
    sending.catch(() => undefined);
    await eventually('a connection', () => hanging.connections() === 1);
    stop.abort(new Error('enough'));
    await expect(sending).rejects.toBe(stop.signal.reason);
    await hanging.abandoned();
  });

  it('takes the status of an answer that has no end, and closes the connection', async () => {
    let isClosed = false;
    server.behave((response) => {
      response.on('close', () => {
        isClosed = true;
      });
      const more = (): void => {
        while (response.write('x'.repeat(65_536)));
      };
      response.on('drain', more);
      more();
    });
    expect(await send(client(), server.url)).toEqual({ status: 200 });
    await eventually('the connection to be closed', () => isClosed);
  });

  it('refuses headers without a bound', async () => {
    server.behave(status(200, { 'X-Long': 'x'.repeat(100_000) }));
    const sending = send(client(), server.url);
    await expect(sending).rejects.toMatchObject({ code: 'UND_ERR_HEADERS_OVERFLOW' });
  });
});
