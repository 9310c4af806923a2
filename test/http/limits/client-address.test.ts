import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import {
  addressKey,
  clientAddress,
  isLoopbackAddress,
  TrustedProxies,
} from '#http/limits/client-address';
import { readConfig } from '#ops/config/read-config';

const proxies = (text: string): TrustedProxies =>
  new TrustedProxies(readConfig({ ATLAS_TRUSTED_PROXIES: text }).trustedProxies);

function addressOf(remoteAddress: string, forwarded?: string, trusted = ''): string {
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
  const request = { socket: { remoteAddress }, headers } as unknown as IncomingMessage;
  return clientAddress(request, proxies(trusted));
}

describe('clientAddress()', () => {
  it('is that of the connection, whatever a client writes that is no trusted proxy', () => {
    expect(addressOf('192.0.2.1', '10.9.9.9')).toBe('192.0.2.1');
    expect(addressOf('192.0.2.1', '10.9.9.9', '10.0.0.0/8')).toBe('192.0.2.1');
    expect(addressOf('127.0.0.1', '10.9.9.9')).toBe('127.0.0.1');
  });

  it('is the last one that a trusted proxy has written, and none that stands before it', () => {
    const trusted = '10.0.0.0/8,fd00::/8';
    expect(addressOf('10.0.0.1', '192.0.2.7', trusted)).toBe('192.0.2.7');
    expect(addressOf('10.0.0.1', '1.1.1.1, 192.0.2.7', trusted)).toBe('192.0.2.7');
    expect(addressOf('10.0.0.1', '1.1.1.1, 192.0.2.7, 10.2.2.2,fd00::9', trusted)).toBe(
      '192.0.2.7',
    );
    expect(addressOf('::ffff:10.0.0.1', '192.0.2.7', trusted)).toBe('192.0.2.7');
    expect(addressOf('fd00::1', '::ffff:192.0.2.7', trusted)).toBe('192.0.2.7');
  });

  it.each([
    ['nothing', undefined],
    ['an empty text', ''],
    ['a name', 'unknown'],
    ['an address behind a name', '192.0.2.7, somebody'],
    ['an address with a port', '192.0.2.7:443'],
  ])('is that of the proxy where it writes %s', (_what, forwarded) => {
    expect(addressOf('10.0.0.1', forwarded, '10.0.0.0/8')).toBe('10.0.0.1');
  });

  it('looks at so many entries as proxies write, however many there are', () => {
    const forwarded = `192.0.2.7,${Array.from({ length: 5_000 }, () => '10.0.0.2').join(',')}`;
    expect(addressOf('10.0.0.1', forwarded, '10.0.0.0/8')).toBe('10.0.0.2');
  });
});

describe('addressKey()', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
    ['1:2:3:4:5:6:192.0.2.1', '1:2:3:4::/64'],
  ])('of %s is %s', (address, key) => {
    expect(addressKey(address)).toBe(key);
  });

  it('tells neighbouring networks apart', () => {
    expect(addressKey('2001:db8:0:1::1')).not.toBe(addressKey('2001:db8:0:2::1'));
  });
});

it.each([
  ['127.0.0.1', true],
  ['127.9.9.9', true],
  ['::1', true],
  ['127.0.0.1.example', false],
  ['192.0.2.1', false],
  ['', false],
])('isLoopbackAddress() of %s is %s', (address, is) => {
  expect(isLoopbackAddress(address)).toBe(is);
});

it.each([
  '10.0.0.0/33',
  '10.0.0',
  'proxy.example',
  'fe80::1%eth0',
  '10.0.0.0/8/8',
  'fd00::/129',
  '10.0.0.1/x',
])('ATLAS_TRUSTED_PROXIES=%s is refused at the start', (text) => {
  expect(() => proxies(text)).toThrow(/is no address or network/);
});
