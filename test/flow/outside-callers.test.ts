import type { LookupAddress } from 'node:dns';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { guardedLookup } from '#flow/private-hosts';
import { selfSigned } from '#test/support/http-store';
import { OUTSIDE_CALLERS, type OutsideCaller } from '#test/support/outside-callers';
import {
  answer,
  CHUNKED,
  endlessAs,
  type Rudeness,
  type RudeServer,
  startRudeServer,
} from '#test/support/rude-server';
import { type TempFolder, tempFolder } from '#test/support/temp';

function address(text: string): LookupAddress {
  return { address: text, family: text.includes(':') ? 6 : 4 };
}

/** What goes wrong with a call; fails when nothing does. */
async function errorOf(call: Promise<unknown>): Promise<Error> {
  return await call.then(
    (answered) => {
      throw new Error(`It was answered: ${JSON.stringify(answered)}`);
    },
    (error: Error) => error,
  );
}

/** Sends something every few milliseconds for as long as it is taken. */
function drip(socket: Socket, text: string): void {
  const timer = setInterval(() => socket.write(text), 20);
  socket.once('close', () => clearInterval(timer));
}

const endlessHeaders: Rudeness = (socket) => {
  socket.write('HTTP/1.1 200 OK\r\n');
  const more = (): void => {
    while (!socket.destroyed && socket.write(`X-More: ${'x'.repeat(4_096)}\r\n`));
  };
  socket.on('drain', more);
  more();
};

const slowHeaders: Rudeness = (socket) => {
  socket.write('HTTP/1.1 200 OK\r\nX-Slow: ');
  drip(socket, 'x');
};

let folder: TempFolder;
let tls: { readonly key: string; readonly cert: string };
let server: RudeServer;
let trap: RudeServer;
const servers: RudeServer[] = [];
beforeEach(() => {
  folder = tempFolder();
  tls = selfSigned(folder.path);
});
afterEach(async () => {
  for (const one of servers.splice(0)) await one[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

async function start({ needsTls }: OutsideCaller): Promise<void> {
  server = await startRudeServer(needsTls ? { tls } : {});
  trap = await startRudeServer(needsTls ? { tls } : {});
  servers.push(server, trap);
}

const PRIVATE = [
  'https://127.0.0.1:PORT/',
  'https://2130706433:PORT/',
  'https://0x7f000001:PORT/',
  'https://0x7f.1:PORT/',
  'https://017700000001:PORT/',
  'https://0177.0.0.1:PORT/',
  'https://0:PORT/',
  'https://localhost:PORT/',
  'https://LOCALHOST.:PORT/',
  'https://a.localhost:PORT/',
  'https://[::1]:PORT/',
  'https://[::]:PORT/',
  'https://[::ffff:127.0.0.1]:PORT/',
  'https://[::ffff:0:127.0.0.1]:PORT/',
  'https://[64:ff9b::127.0.0.1]:PORT/',
  'https://[64:ff9b:1::7f00:1]:PORT/',
  'https://[2002:7f00:1::]:PORT/',
  'https://[2001:0:7f00:1::]:PORT/',
  'https://10.0.0.1/',
  'https://172.16.0.1/',
  'https://192.168.0.1/',
  'https://169.254.169.254/',
  'https://[::ffff:169.254.169.254]/',
  'https://[fd00:ec2::254]/',
  'https://[fe80::1]/',
  'https://metadata.google.internal/',
];

const UNFIT = [
  'https://user:pass@hooks.example/',
  'https://user@hooks.example/',
  'https://[fe80::1%25eth0]/',
  'https://[fe80::1%eth0]/',
  'file:///etc/passwd',
  'gopher://hooks.example/',
  'ftp://hooks.example/',
  'not a url',
];

describe.each(OUTSIDE_CALLERS)('$name', (caller) => {
  beforeEach(async () => await start(caller));

  it('call no private host, however its address is written', async () => {
    for (const text of PRIVATE) {
      const url = text.replace('PORT', `${server.port}`);
      const error = await errorOf(caller.call(url, { allowPrivateHosts: false }));
      expect(error.message, text).toMatch(/^Cannot .* is private/);
    }
    expect(server.connections()).toBe(0);
  });

  it('call nothing that is no URL of a server, or holds credentials, and show none of it', async () => {
    for (const text of UNFIT) {
      const error = await errorOf(caller.call(text, { allowPrivateHosts: false }));
      expect(error.message, text).toMatch(/it is not a URL|its scheme is|it has credentials in it/);
      expect(error.message).not.toContain('pass@');
    }
  });

  it('connect to no private address of a public name, and look it up for every connection', async () => {
    const found = ['127.0.0.1', '::1', '::ffff:127.0.0.1', '169.254.169.254', 'fe80::1%eth0'];
    let asked = 0;
    for (const one of found) {
      const resolve = async (): Promise<LookupAddress[]> => {
        asked += 1;
        return ['8.8.8.8', one].map(address);
      };
      const url = `https://hooks.example:${server.port}/`;
      const error = await errorOf(caller.call(url, { allowPrivateHosts: false, resolve }));
      const said = [error, error.cause].map(String).join();
      expect(said).toContain('host "hooks.example" has the private address');
    }
    expect([asked, server.connections()]).toEqual([found.length, 0]);
  });

  it('follow no redirect, to a private host or another', async () => {
    for (const location of [trap.url, 'http://169.254.169.254/latest/', '//localhost/']) {
      for (const code of [301, 302, 303, 307, 308]) {
        server.behave(answer(code, { Location: location, 'Content-Length': 0 }));
        const call = caller.call(server.url, { allowPrivateHosts: true, ca: tls.cert });
        const said = await call.then(JSON.stringify, String);
        expect(said).not.toContain('"kind":"catalog"');
      }
    }
    expect([server.requests.length, trap.connections()]).toEqual([15, 0]);
  });

  it('read no endless body, of a success or an error', async () => {
    for (const status of [200, 500]) {
      server.behave(endlessAs(status));
      const started = performance.now();
      await caller
        .call(server.url, { allowPrivateHosts: true, ca: tls.cert })
        .catch(() => undefined);
      expect(performance.now() - started).toBeLessThan(15_000);
      await server.abandoned();
    }
  });

  it('read no endless headers', async () => {
    server.behave(endlessHeaders);
    await errorOf(caller.call(server.url, { allowPrivateHosts: true, ca: tls.cert }));
    await server.abandoned();
  });

  it('wait for nobody who drips, the head or the body', async () => {
    const slowBody: Rudeness = (socket, request) => {
      answer(200, CHUNKED)(socket, request);
      drip(socket, '1\r\nx\r\n');
    };
    for (const rude of [slowHeaders, slowBody]) {
      server.behave(rude);
      const started = performance.now();
      await caller
        .call(server.url, { allowPrivateHosts: true, ca: tls.cert })
        .catch(() => undefined);
      expect(performance.now() - started).toBeLessThan(8_000);
      await server.abandoned();
    }
  });
});

describe('guardedLookup()', () => {
  it('refuses a name that was public a moment ago and is private now', async () => {
    const answers = ['8.8.8.8', '127.0.0.1', '8.8.8.8'];
    const lookup = guardedLookup({
      allowPrivateHosts: false,
      refusal: (is) => new Error(is),
      resolve: async () => [address(answers.shift() ?? '')],
    });
    const look = async (): Promise<unknown> =>
      await new Promise((done) => {
        lookup('hooks.example', {}, (error, found) => done(error?.message ?? found));
      });
    expect(await look()).toBe('8.8.8.8');
    expect(await look()).toBe('host "hooks.example" has the private address "127.0.0.1"');
    expect(await look()).toBe('8.8.8.8');
  });
});
