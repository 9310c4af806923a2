import { once } from 'node:events';
import { copyFileSync, truncateSync, writeFileSync } from 'node:fs';
import { connect as connectPlain } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type ConnectionOptions, connect } from 'node:tls';
import { Agent, request } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startRegistry } from '#compose/start-registry';
import { readConfig } from '#ops/config/read-config';
import { createLogger } from '#ops/logger';
import { type TestAuthority, testAuthority } from '#test/support/certificates';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';
import { type TempFolder, tempFolder } from '#test/support/temp';
import { askOnce, MountedSecret, shownBy } from '#test/support/tls-bed';
import { eventually } from '#test/support/wait';

let folder: TempFolder;
let authority: TestAuthority;
let secret: MountedSecret;
const started: TestRegistry[] = [];
beforeEach(() => {
  folder = tempFolder();
  authority = testAuthority(folder.path);
  secret = new MountedSecret(folder.path, authority.issue('first'));
});
afterEach(async () => {
  for (const one of started.splice(0)) await one[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

async function start(env: Readonly<Record<string, string>> = {}): Promise<string> {
  const registry = await startTestRegistry({
    ATLAS_TLS_CERT: secret.certPath,
    ATLAS_TLS_KEY: secret.keyPath,
    ATLAS_TLS_RELOAD_MS: '100',
    ATLAS_LOG_LEVEL: 'silent',
    ...env,
  });
  started.push(registry);
  return registry.registry.url;
}

async function tlsPart(url: string, tls: Parameters<typeof askOnce>[1]) {
  const { status, text } = await askOnce(`${url}/readyz`, tls);
  const { parts } = JSON.parse(text) as {
    parts: { name: string; ready: boolean; detail: string }[];
  };
  return { status, ...parts.find(({ name }) => name === 'tls') };
}

async function showsName(url: string, name: string): Promise<void> {
  await eventually(`the certificate of ${name}`, async () => {
    const { subject } = await shownBy(url, { ca: authority.ca });
    return subject.CN === name;
  });
}

describe('a registry with a certificate', () => {
  it('speaks HTTPS alone, says so, and tells browsers to come back so', async () => {
    const url = await start();
    expect(url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    for (const path of ['/healthz', '/catalog', '/nowhere', '/openapi.json']) {
      const { headers } = await askOnce(url + path, authority);
      expect(headers['strict-transport-security']).toBe('max-age=31536000; includeSubDomains');
    }
    // Refused before there is a request.
    const { hostname: host, port } = new URL(url);
    const socket = connect({ host, port: Number(port), ca: authority.ca });
    socket.write('no request\r\n\r\n');
    expect(await text(socket)).toMatch(
      /^HTTP\/1\.1 400 [^]*\r\nStrict-Transport-Security: max-age=31536000; includeSubDomains\r\n/,
    );
    await expect(fetch(url.replace('https', 'http'))).rejects.toThrow('fetch failed');
    expect(await tlsPart(url, authority)).toMatchObject({ status: 200, ready: true });
  });

  it('says nothing of TLS where there is none', async () => {
    const plain = await startTestRegistry();
    started.push(plain);
    const { headers } = await fetch(`${plain.registry.url}/healthz`);
    expect(plain.registry.url).toMatch(/^http:/);
    expect(headers.get('strict-transport-security')).toBeNull();
  });

  it('speaks TLS 1.3 and 1.2, and nothing older', async () => {
    const url = await start();
    const speak = async (version: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'): Promise<string | null> => {
      const one: ConnectionOptions = { minVersion: version, maxVersion: version };
      // Without it this client would not offer what is older.
      const any = version === 'TLSv1.1' ? { ciphers: 'ALL:@SECLEVEL=0' } : {};
      return (await shownBy(url, { ca: authority.ca, ...one, ...any })).protocol;
    };
    expect((await shownBy(url, { ca: authority.ca })).protocol).toBe('TLSv1.3');
    expect(await speak('TLSv1.2')).toBe('TLSv1.2');
    await expect(speak('TLSv1.1')).rejects.toThrow(/alert protocol version/);
  });

  it('takes ciphers with forward secrecy that notice changes alone, the strongest that a client has', async () => {
    const url = await start();
    const ca = authority.ca;
    const chosen = async (ciphers: string): Promise<string> =>
      (await shownBy(url, { ca, maxVersion: 'TLSv1.2', ciphers })).cipher;
    const [strong, weaker] = ['AES256-GCM-SHA384', 'AES128-GCM-SHA256'];
    const both = ['ECDHE-ECDSA', 'ECDHE-RSA'].flatMap((kind) =>
      [weaker, strong].map((one) => `${kind}-${one}`),
    );
    expect(await chosen(both.join(':'))).toMatch(/^ECDHE-(ECDSA|RSA)-AES256-GCM-SHA384$/);
    expect((await shownBy(url, { ca })).cipher).toBe('TLS_AES_256_GCM_SHA384');
    const kinds = [
      'ECDHE-ECDSA-AES256-SHA384:ECDHE-RSA-AES256-SHA384',
      'AES256-GCM-SHA384',
      'AES128-SHA',
    ];
    for (const ciphers of [...kinds, 'ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA'])
      await expect(chosen(ciphers), ciphers).rejects.toThrow(/handshake failure/);
  });

  it('counts a connection once, before its handshake, and ends those over the limit without a word', async () => {
    const url = await start({ ATLAS_SOCKETS_PER_ADDRESS_MAX: '4', ATLAS_CLIENT_LIMITS: 'all' });
    const { hostname: host, port } = new URL(url);
    const silent = () => connectPlain({ host, port: Number(port) });
    const held = [silent(), silent()];
    await Promise.all(held.map(async (socket) => await once(socket, 'connect')));
    const ask = async () => (await askOnce(`${url}/healthz`, authority)).status;
    expect(await ask()).toBe(200);
    held.push(silent(), silent());
    await Promise.all(held.slice(2).map(async (socket) => await once(socket, 'connect')));
    expect(await text(silent())).toBe('');
    await expect(ask()).rejects.toThrow();
    for (const socket of held) socket.destroy();
    // Two and two that were closed leave no trace: there are four places again, not one less.
    await eventually('the places are free', async () => (await ask().catch(() => 0)) === 200);
    const agents = Array.from({ length: 4 }, () => new Agent({ connect: { ca: authority.ca } }));
    const asked = agents.map(async (dispatcher) => await request(`${url}/healthz`, { dispatcher }));
    const answers = await Promise.all(asked);
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200, 200]);
    await expect(ask()).rejects.toThrow();
    for (const agent of agents) await agent.destroy();
  });

  it('does not start with files that do not fit, and says which', async () => {
    using data = tempFolder();
    const config = readConfig({
      BIND_ADDR: '127.0.0.1:0',
      ATLAS_DATA_DIR: data.path,
      ATLAS_TLS_CERT: secret.certPath,
      ATLAS_TLS_KEY: authority.issue('other').keyPath,
    });
    await expect(startRegistry(config, createLogger('silent'))).rejects.toMatchObject({
      code: 'CANNOT_START',
      message: expect.stringMatching(/^Cannot use ATLAS_TLS_KEY=.*it is not the key of/),
    });
  });
});

describe('certificates that are renewed', () => {
  it('fail no request, on connections old and new, however often they change', async () => {
    const url = await start();
    const names = Array.from({ length: 8 }, (_, i) => `renewed-${i}`);
    const pairs = names.map((name) => authority.issue(name));
    const stop = new AbortController();
    const failures: unknown[] = [];
    const seen = new Set<string>();
    let requests = 0;
    const kept = new Agent({ connect: { ca: authority.ca }, connections: 4 });
    const hammer = async (isKept: boolean): Promise<void> => {
      while (!stop.signal.aborted) {
        try {
          const reply = isKept
            ? await request(`${url}/healthz`, { dispatcher: kept })
            : await shownBy(url, { ca: authority.ca });
          if ('statusCode' in reply) {
            await reply.body.text();
            expect(reply.statusCode).toBe(200);
          } else seen.add(String(reply.subject.CN));
          requests += 1;
        } catch (error) {
          failures.push(error);
        }
      }
    };
    const clients = [true, true, true, false, false].map(hammer);
    for (const [i, pair] of pairs.entries()) {
      secret.swap(pair);
      await eventually(`${names[i]} to be seen`, () => seen.has(names[i] ?? ''));
    }
    stop.abort();
    await Promise.all(clients);
    await kept.close();
    expect(failures).toEqual([]);
    expect([...seen]).toEqual(expect.arrayContaining(names));
    expect(requests).toBeGreaterThan(100);
  });

  it('do not count while half of them is written, and do when the rest is', async () => {
    const [cert, key] = [join(folder.path, 'live.crt'), join(folder.path, 'live.key')];
    const [one, two] = [authority.issue('one'), authority.issue('two')];
    copyFileSync(one.certPath, cert);
    copyFileSync(one.keyPath, key);
    const url = await start({ ATLAS_TLS_CERT: cert, ATLAS_TLS_KEY: key });
    const refusedFor = async (reason: RegExp): Promise<void> => {
      await eventually(`a refusal for ${reason}`, async () => {
        const part = await tlsPart(url, authority);
        return part.ready === false && reason.test(part.detail ?? '') && part.status === 200;
      });
      expect((await shownBy(url, { ca: authority.ca })).subject.CN).toBe('one');
    };
    truncateSync(cert, 300);
    await refusedFor(/ends in the middle/);
    copyFileSync(two.certPath, cert);
    await refusedFor(/it is not the key of/);
    writeFileSync(key, '');
    await refusedFor(/it holds no private key/);
    const old = authority.issue('old', { expired: true });
    copyFileSync(old.certPath, cert);
    copyFileSync(old.keyPath, key);
    await refusedFor(/has expired on/);
    copyFileSync(two.certPath, cert);
    copyFileSync(two.keyPath, key);
    await showsName(url, 'two');
    expect(await tlsPart(url, authority)).toMatchObject({ ready: true });
  });

  it('are used at once on SIGHUP', async () => {
    const url = await start({ ATLAS_TLS_RELOAD_MS: '3600000' });
    secret.swap(authority.issue('second'));
    expect((await shownBy(url, { ca: authority.ca })).subject.CN).toBe('first');
    process.emit('SIGHUP', 'SIGHUP');
    await showsName(url, 'second');
  });
});

describe('a registry that asks clients for certificates', () => {
  it('takes those of its authority, and nobody else', async () => {
    const url = await start({ ATLAS_TLS_CLIENT_CA: authority.caPath });
    const { ca } = authority;
    const stranger = testAuthority(folder.path, 'stranger');
    const client = authority.issue('client');
    expect(await askOnce(`${url}/healthz`, { ca, ...client })).toMatchObject({ status: 200 });
    const others = [
      {},
      stranger.issue('unknown'),
      authority.issue('late', { expired: true }),
      { key: client.key, cert: stranger.issue('mixed').cert },
    ];
    for (const [i, other] of others.entries()) {
      const asking = askOnce(`${url}/healthz`, { ca, ...other });
      await expect(asking, `client ${i}`).rejects.toThrow();
      const shown = shownBy(url, { ca, ...other, maxVersion: 'TLSv1.2' });
      await expect(shown, `client ${i}`).rejects.toThrow();
    }
    expect(await askOnce(`${url}/healthz`, { ca, ...client })).toMatchObject({ status: 200 });
  });

  it('forgets an authority that is taken away, resumed sessions with it', async () => {
    const [before, after] = [
      testAuthority(folder.path, 'before'),
      testAuthority(folder.path, 'after'),
    ];
    const clientCa = join(folder.path, 'clients.pem');
    writeFileSync(clientCa, before.ca);
    const url = await start({ ATLAS_TLS_CLIENT_CA: clientCa });
    const { ca } = authority;
    const [old, fresh] = [before.issue('old-client'), after.issue('new-client')];
    const { session } = await shownBy(url, { ca, ...old, maxVersion: 'TLSv1.2' });
    const again = { ca, ...old, maxVersion: 'TLSv1.2', session } as const;
    expect((await shownBy(url, again)).isResumed).toBe(true);
    writeFileSync(clientCa, after.ca);
    await eventually(
      'the new authority to count',
      async () => await askOnce(url, { ca, ...fresh }),
    );
    await expect(shownBy(url, { ca, ...old })).rejects.toThrow();
    await expect(shownBy(url, again)).rejects.toThrow();
  });
});
