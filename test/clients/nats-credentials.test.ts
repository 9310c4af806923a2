import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nkeys } from 'nats';
import { describe, expect, it } from 'vitest';
import { connectBroker } from '#clients/nats';
import { natsAuthenticator } from '#clients/nats-credentials';
import { serversOf } from '#clients/nats-servers';
import { newId } from '#flow/new-id';
import { testAuthority } from '#test/support/certificates';
import { startTestNats } from '#test/support/nats';
import { startNatsWithJwt } from '#test/support/nats-jwt';
import { startTestRegistry } from '#test/support/registry';
import { tempFolder } from '#test/support/temp';
import { eventually } from '#test/support/wait';

describe('credentials that end while a node runs', () => {
  it('stop its writes and nothing else, and new ones in the file are taken without a restart', async () => {
    using folder = tempFolder();
    await using nats = await startNatsWithJwt(folder.path);
    const file = join(folder.path, 'node.creds');
    writeFileSync(file, nats.creds(6_000));
    const endMs = Date.now() + 6_000;
    await using node = await startTestRegistry({
      NATS_URL: nats.url,
      NATS_CREDS_PATH: file,
      ATLAS_WRITE_TIMEOUT_MS: '500',
      ATLAS_LOG_LEVEL: 'silent',
    });
    const { api } = node;
    const write = async () =>
      await api.post('/registry/datasets', { name: newId(), schema_fingerprint: 'fp' });
    const status = async (): Promise<string> => {
      const { status: code, json } = await api.get('/readyz');
      return `${code} ${json.status}`;
    };
    expect((await write()).status).toBe(201);
    // The server still takes them, for a moment, within the second in which they end.
    await eventually('the credentials to end', () => Date.now() > endMs + 1_000);
    await eventually('it to be noticed', async () => (await status()) === '200 degraded');
    const refused = await write();
    expect([refused.status, refused.json.outcome]).toEqual([503, 'not-applied']);
    expect((await api.get('/registry/datasets')).status).toBe(200);
    // Neither what is half-written nor what has ended already makes it give up.
    const fresh = nats.creds(3_600_000);
    for (const useless of [fresh.slice(0, 100), '', nats.creds(-10_000)]) {
      writeFileSync(file, useless);
      const before = performance.now();
      await eventually('some attempts', () => performance.now() - before > 1_200);
      expect(await status()).toBe('200 degraded');
    }
    writeFileSync(file, fresh);
    await eventually(
      'the new credentials to be taken',
      async () => (await status()) === '200 ready',
    );
    expect((await write()).status).toBe(201);
  });
});

describe('natsAuthenticator()', () => {
  it('refuses at the start what proves nothing, without showing it', () => {
    using folder = tempFolder();
    const path = join(folder.path, 'file');
    for (const content of ['', 'SUnot a seed', `SU${'A'.repeat(56)}`]) {
      writeFileSync(path, content);
      for (const which of [{ nkeyPath: path }, { credsPath: path }])
        expect(() => natsAuthenticator(which)).toThrow(
          expect.objectContaining({
            code: 'CANNOT_START',
            message: expect.not.stringContaining('A'.repeat(20)),
          }),
        );
    }
    expect(() => natsAuthenticator({ nkeyPath: join(folder.path, 'none') })).toThrow(
      /Cannot read NATS key .*ENOENT.*check NATS_NKEY_PATH/,
    );
  });

  it('signs with the key that is in the file now, and with the one before while there is none', () => {
    using folder = tempFolder();
    const path = join(folder.path, 'node.nk');
    const [first, second] = [nkeys.createUser(), nkeys.createUser()];
    writeFileSync(path, first.getSeed());
    const authenticator = natsAuthenticator({ nkeyPath: path });
    const publicKey = (): unknown => Object.entries(authenticator?.('nonce') ?? {})[0]?.[1];
    expect(publicKey()).toBe(first.getPublicKey());
    writeFileSync(path, '');
    expect(publicKey()).toBe(first.getPublicKey());
    writeFileSync(path, `# of a node\n${new TextDecoder().decode(second.getSeed())}\n`);
    expect(publicKey()).toBe(second.getPublicKey());
  });
});

describe('TLS to NATS', () => {
  it('is not given up: a server without it is told nothing', async () => {
    await using nats = await startTestNats({ provision: false });
    const url = nats.server.url.replace('nats://', `tls://${nats.server.token}@`);
    const connecting = connectBroker({ url, name: 'test', connectTimeoutMs: 2_000 });
    await expect(connecting).rejects.toThrow(/does not support 'tls'/);
  });

  it('asks for a certificate of a host that was named, also where that is an address', () => {
    using folder = tempFolder();
    const { tls } = serversOf('tls://10.1.2.3:4222,nats://broker.example');
    const check = (tls as { checkServerIdentity: (host: string, cert: object) => unknown })
      .checkServerIdentity;
    const of = (subjectaltname: string) =>
      check('localhost', { subject: { CN: 'a' }, subjectaltname });
    expect(of('IP Address:10.1.2.3')).toBeUndefined();
    expect(of('DNS:broker.example')).toBeUndefined();
    for (const other of ['DNS:localhost', 'IP Address:10.1.2.4', 'DNS:evil.example'])
      expect(of(other)).toBeInstanceOf(Error);
    const { caPath } = testAuthority(folder.path);
    expect(serversOf('nats://a', { caPath }).tls).toMatchObject({ caFile: caPath });
    expect(serversOf('nats://a')).not.toHaveProperty('tls');
    expect(() => serversOf('nats://a', { caPath: '/nowhere' })).toThrow(
      /Cannot use NATS_CA_PATH="\/nowhere": ENOENT/,
    );
  });
});
