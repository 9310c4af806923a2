import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTargetUrl, readTarget } from '#domain/action-target';
import { DefinitionFaults } from '#domain/definition-reader';
import { isRegistryError } from '#domain/errors';
import { faultsOf } from '#test/support/faults';
import { HOSTILE } from '#test/support/hostile';

const url = 'https://hooks.example/a';

function read(value: unknown) {
  const faults = new DefinitionFaults();
  const target = readTarget({ value, path: '', faults });
  faults.throwIfAny('target');
  return target;
}

const pathsOf = (value: unknown) => faultsOf(() => read(value)).map(({ path }) => path);

describe('parseTargetUrl()', () => {
  it.each([
    url,
    'https://hooks.example:8443/a?b=c',
    'https://10.0.0.1/x',
    'http://localhost:9000/',
    'http://127.0.0.1/x',
    'http://127.255.0.3/x',
    'http://[::1]:80/x',
    'https://hooks.example/?author=a',
  ])('takes %s', (text) => {
    expect(parseTargetUrl(text)).toBe(new URL(text).href);
  });

  it('gives the URL as it is requested, so that nothing hides in its writing', () => {
    expect(parseTargetUrl('HTTPS://Hooks.Example:443')).toBe('https://hooks.example/');
    expect(parseTargetUrl('http://2130706433/')).toBe('http://127.0.0.1/');
    expect(parseTargetUrl('https:\\\\hooks.example\\a')).toBe(url);
  });

  it.each([
    'http://hooks.example/',
    'http://10.0.0.1/',
    'http://localhost.example/',
    'http://127.0.0.1.example/',
    'http://localhost./',
    'http://[::ffff:127.0.0.1]/',
    'http://0.0.0.0/',
    'ftp://hooks.example/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'data:,x',
    'https://user@hooks.example/',
    'https://user:pass@hooks.example/',
    'https://:pass@hooks.example/',
    'https://hooks.example/#a',
    'https://hooks.example/?token=x',
    'https://hooks.example/?a=1&API_KEY=x',
    'https://hooks.example/?%74oken=x',
    'https://hooks.example/?sig=x',
    'https://hooks.example/?X-Amz-Signature=x',
    'https://',
    'hooks.example/a',
    '/a',
    ' https://hooks.example/',
    'https://hooks.example/ ',
    'https://hooks.ex\tample/',
    'https://hooks.example/\n',
    'https://höks.example/',
    `https://hooks.example/${'x'.repeat(2_000)}`,
    ...HOSTILE,
  ])('refuses %j', (text) => {
    expect(() => parseTargetUrl(text)).toThrow(
      expect.objectContaining({ code: 'INVALID_REQUEST' }) as Error,
    );
  });

  it('never repeats a secret that came with a URL', () => {
    for (const text of ['https://user:hunter2@a.example/', 'https://a.example/?token=hunter2']) {
      const [fault] = faultsOf(() => read({ url: text }));
      expect(fault?.path).toBe('/url');
      expect(fault?.message).toContain('Cannot use URL "..."');
      expect(JSON.stringify(fault)).not.toContain('hunter2');
    }
  });

  it('gives https or this machine, or refuses, whatever text comes', () => {
    const text = fc.oneof(
      fc.webUrl({ withQueryParameters: true, withFragments: true }),
      fc.string(),
    );
    fc.assert(
      fc.property(text, (one) => {
        try {
          const found = new URL(parseTargetUrl(one));
          expect([found.protocol, found.username, found.password, found.hash]).toEqual([
            found.hostname === 'localhost' ? found.protocol : 'https:',
            '',
            '',
            '',
          ]);
        } catch (error) {
          expect(isRegistryError(error, 'INVALID_REQUEST')).toBe(true);
        }
      }),
    );
  });
});

describe('readTarget()', () => {
  it('keeps headers by their name in lower case', () => {
    expect(read({ url, headers: { 'X-Team': 'a b', accept: 'x/y' } })).toEqual({
      url,
      headers: { 'x-team': 'a b', accept: 'x/y' },
    });
  });

  it('refuses headers that belong to the sender, say secrets, come twice or break the line', () => {
    const headers = {
      Host: 'x',
      'content-LENGTH': '1',
      'Transfer-Encoding': 'chunked',
      Authorization: 'Bearer x',
      'Proxy-Authorization': 'x',
      Cookie: 'a=b',
      'X-Api-Key': 'x',
      'X-Auth-Token': 'x',
      'X-Twice': 'a',
      'x-twice': 'b',
      'X Space': 'x',
      __proto__x: 'x',
      '': 'x',
      'X-Line': 'a\r\nHost: b',
      'X-Empty': '',
      'X-Ends': 'a ',
      'X-Umlaut': 'ä',
      'X-Number': 1,
      'X-Long': 'x'.repeat(1_001),
    };
    const wrong = Object.keys(headers).filter((name) => name !== 'X-Twice');
    expect(pathsOf({ url, headers }).toSorted()).toEqual(
      wrong.map((name) => `/headers/${name}`).toSorted(),
    );
  });

  it('wants a secret by its name', () => {
    expect(pathsOf({ url, secretName: { value: 'x' } })).toEqual(['/secretName']);
    expect(pathsOf({ url, secretName: 'hooks/a' })).toEqual([]);
  });
});
