import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { listWithoutCredentials, withoutCredentials } from '#clients/without-credentials';

describe('withoutCredentials()', () => {
  it('leaves out what stands before the @, and the query', () => {
    for (const [url, shown] of [
      ['postgres://u:p@h:5432/d', 'postgres://***@h:5432/d'],
      ['postgresql://u:p/a?b@ss#w@h/d?sslmode=require', 'postgresql://***@h/d'],
      ['postgres://h/d?user=u&password=secret', 'postgres://h/d'],
      ['postgres://h/d?user=a@b&password=secret', 'postgres://***@b&password=secret'],
      ['rediss://:p@h:6379/1', 'rediss://***@h:6379/1'],
      ['secret://x@h', '***@h'],
    ] as const) {
      expect(withoutCredentials(url)).toBe(shown);
    }
  });
});

describe('listWithoutCredentials()', () => {
  it('leaves out whatever stands before the @ of every server in a list', () => {
    for (const [url, shown] of [
      ['nats://u:p@a:1,tls://t@b,nats://c', 'nats://***@a:1,tls://***@b,nats://c'],
      ['token@a:1, user:secret@b', '***@a:1, ***@b'],
      ['nats://u:p@ss@a', 'nats://***@a'],
      ['nats://u:p/a@ss@a', 'nats://***@a'],
      ['http://user:secret@x', 'http://***@x'],
      ['user:pa://ss@a', '***@a'],
      ['nats://a:1', 'nats://a:1'],
      ['nats://u:12,secret@a', '***,***@a'],
      ['nats://a:1,nats://u:p@b', '***,nats://***@b'],
    ] as const) {
      expect(listWithoutCredentials(url)).toBe(shown);
    }
    const scheme = fc.constantFrom('nats://', 'tls://', '');
    const secret = fc.stringMatching(/^[A-Za-z0-9%:._~@/-]{0,20}$/);
    fc.assert(
      fc.property(scheme, secret, secret, (start, one, two) => {
        const shown = listWithoutCredentials(`${start}x${one}X@h:1,${start}y${two}Y@h:2`);
        expect(shown).toBe(`${start}***@h:1,${start}***@h:2`);
      }),
    );
  });
});
