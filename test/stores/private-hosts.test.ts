import type { LookupAddress, LookupOptions } from 'node:dns';
import { describe, expect, it } from 'vitest';
import { checkHost, guardedLookup, isPrivateAddress } from '#flow/private-hosts';
import type { HttpTransport } from '#stores/http-s3/http-transport';
import { storeGuard } from '#stores/http-s3/store-guard';
import type { StoreIdentity } from '#stores/store-error';
import { httpTransport } from '#test/support/http-store';
import { answer, startRudeServer } from '#test/support/rude-server';

const identity: StoreIdentity = { backend: 'http_s3', source: 'far' };
const REFUSED = {
  class: 'validation',
  source: 'far',
  message: expect.stringMatching(/\(want ATLAS_ALLOW_PRIVATE_STORE_HOSTS=true\)$/),
};
function address(text: string): LookupAddress {
  return { address: text, family: text.includes(':') ? 6 : 4 };
}

/** What a lookup gives its caller. */
async function look(
  found: readonly string[],
  options: LookupOptions,
  allowPrivateHosts = false,
): Promise<unknown[]> {
  const resolve = async (): Promise<LookupAddress[]> => found.map(address);
  const lookup = guardedLookup(storeGuard(identity, { allowPrivateHosts, resolve }));
  return await new Promise((done, fail) => {
    lookup('store.example', options, (error, ...given) => {
      if (error === null) done(given);
      else fail(error);
    });
  });
}

describe('isPrivateAddress()', () => {
  it.each([
    ['0.0.0.0', '0.1.2.3', '::'],
    ['127.0.0.1', '127.255.255.254', '::1'],
    [
      '10.0.0.0',
      '10.255.255.255',
      '172.16.0.0',
      '172.31.255.255',
      '192.168.0.0',
      '192.168.255.255',
    ],
    ['100.64.0.0', '100.127.255.255', '169.254.169.254', '198.18.0.1', '192.0.0.8'],
    ['224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255', 'ff02::1', 'ff0e::1'],
    ['fe80::1', 'fe80::1%eth0', 'febf::1', 'fec0::1', 'fc00::', 'fdff:ffff::1', '2001::1'],
    ['::ffff:127.0.0.1', '::ffff:7f00:1', '0:0:0:0:0:ffff:a00:1', '::127.0.0.1'],
    [
      '64:ff9b::10.0.0.1',
      '64:ff9b::a9fe:a9fe',
      '64:ff9b:1::1',
      '2002:7f00:1::',
      '2002:c0a8:101::1',
    ],
    ['192.0.2.1', '198.51.100.1', '203.0.113.1', '2001:db8::1', '100::1', '3fff::1', '5f00::1'],
    ['::ffff:0:127.0.0.1', '::ffff:0:a00:1', '::ffff:7f00:1%1', '2001:0:7f00:1::', '2001:0::1'],
    ['', 'localhost', '1.2.3', '256.1.1.1'],
  ])('holds for %s and its like', (...texts) => {
    expect(texts.filter((text) => !isPrivateAddress(text))).toEqual([]);
  });

  it('does not hold for the neighbours of private networks, nor for public addresses inside IPv6', () => {
    const neighbours = ['1.0.0.0', '9.255.255.255', '11.0.0.0', '100.63.255.255', '100.128.0.0'];
    const more = [
      '126.255.255.255',
      '128.0.0.0',
      '169.253.255.255',
      '169.255.0.0',
      '223.255.255.255',
    ];
    const others = ['172.15.255.255', '172.32.0.0', '192.167.255.255', '192.169.0.0', '8.8.8.8'];
    const v6 = ['2606:4700::1', '2001:4860:4860::8888', '::ffff:8.8.8.8', '64:ff9b::8.8.8.8'];
    const all = [...neighbours, ...more, ...others, ...v6, '2002:808:808::1', 'fe00::1'];
    expect(all.filter((text) => isPrivateAddress(text))).toEqual([]);
  });
});

describe('checkHost()', () => {
  it.each([
    'http://127.0.0.1/',
    'http://2130706433/',
    'http://0x7f000001/',
    'http://0177.0.0.1/',
    'http://0x7f.1/',
    'http://127.1/',
    'http://127。0。0。1/',
    'http://%31%32%37.0.0.1/',
    'http://0/',
    'http://[::1]/',
    'http://[::]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[64:ff9b::7f00:1]/',
    'http://169.254.169.254/latest/',
    'http://localhost/',
    'http://LOCALHOST./',
    'http://a.localhost/',
    'http://printer.local/',
    'http://metadata.google.internal/',
  ])('refuses %s, unless private hosts are allowed', (text) => {
    const check = (allowPrivateHosts: boolean): void =>
      checkHost(new URL(text), storeGuard(identity, { allowPrivateHosts }));
    expect(() => check(false)).toThrow(expect.objectContaining(REFUSED));
    expect(() => check(true)).not.toThrow();
  });

  it.each([
    'https://8.8.8.8/',
    'https://store.example/',
    'https://localhost.example/',
    'https://local.io/',
  ])('takes %s', (text) => {
    expect(() =>
      checkHost(new URL(text), storeGuard(identity, { allowPrivateHosts: false })),
    ).not.toThrow();
  });
});

describe('guardedLookup()', () => {
  it('gives the addresses it has checked, all or the first, of the family that is wanted', async () => {
    const found = ['2606:4700::1', '8.8.8.8'];
    expect(await look(found, { all: true })).toEqual([found.map(address)]);
    expect(await look(found, {})).toEqual(['2606:4700::1', 6]);
    expect(await look(found, { family: 4 })).toEqual(['8.8.8.8', 4]);
    expect(await look(found, { family: 'IPv6', all: true })).toEqual([[address('2606:4700::1')]]);
    await expect(look(['8.8.8.8'], { family: 6 })).rejects.toMatchObject({ code: 'ENOTFOUND' });
    await expect(look([], { all: true })).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });

  it('refuses a name when one of its addresses is private, whichever is asked for', async () => {
    for (const found of [['10.0.0.1'], ['8.8.8.8', '::1'], ['fd00::1', '8.8.8.8']]) {
      await expect(look(found, { all: true })).rejects.toMatchObject(REFUSED);
      await expect(look(found, { family: 4 })).rejects.toMatchObject(REFUSED);
    }
    expect(await look(['10.0.0.1'], {}, true)).toEqual(['10.0.0.1', 4]);
  });
});

describe('HttpTransport', () => {
  it('connects to no private address, also when the name was public a moment ago', async () => {
    await using server = await startRudeServer();
    server.behave(answer(200, { 'Content-Length': 2, Connection: 'close' }, 'ok'));
    const answers = ['127.0.0.1', '8.8.8.8'];
    let asked = 0;
    const open = (allowPrivateHosts: boolean, ...found: string[]): HttpTransport =>
      httpTransport({
        baseUrl: `http://store.example:${server.port}/`,
        allowPrivateHosts,
        resolve: async () => {
          asked += 1;
          return found.map(address);
        },
      });
    for (const found of [['127.0.0.1'], answers]) {
      const transport = open(false, ...found);
      await expect(transport.get({ path: 'catalog.json' })).rejects.toMatchObject(REFUSED);
      await expect(transport.get({ path: 'catalog.json' })).rejects.toMatchObject(REFUSED);
      await transport.close();
    }
    expect([asked, server.requests]).toEqual([4, []]);
    const allowed = open(true, '127.0.0.1');
    expect(await allowed.get({ path: 'catalog.json' })).toMatchObject({ kind: 'file', bytes: 2 });
    await allowed.close();
    expect(server.requests).toEqual([expect.stringMatching(/^GET \/catalog\.json HTTP\/1\.1\r\n/)]);
  });

  it('is not made for a private host', () => {
    const make = (baseUrl: string): HttpTransport =>
      httpTransport({
        baseUrl,
        allowPrivateHosts: false,
      });
    expect(() => make('http://0x7f.1/store/')).toThrow(expect.objectContaining(REFUSED));
    expect(() => make('https://localhost:9000/')).toThrow(expect.objectContaining(REFUSED));
  });
});
