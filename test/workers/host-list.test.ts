import { describe, expect, it } from 'vitest';
import { parseHostList } from '#workers/host-list';

describe('parseHostList()', () => {
  const list = parseHostList(['Hooks.example.com', '*.chat.example', '10.0.0.1', '[::1]']);

  it('holds names as they are, what is below a starred one, and addresses', () => {
    const hosts = [
      'hooks.example.com',
      'hooks.example.com.',
      'a.chat.example',
      'a.b.chat.example',
      '10.0.0.1',
      '[::1]',
    ];
    expect(hosts.filter((host) => !list.has(host))).toEqual([]);
    expect(list.isEmpty).toBe(false);
    expect(parseHostList([]).isEmpty).toBe(true);
  });

  it('holds nothing that only looks like them', () => {
    const hosts = [
      'example.com',
      'a.hooks.example.com',
      'chat.example',
      'evilchat.example',
      'hooks.example.com.evil',
      '10.0.0.10',
      '',
    ];
    expect(hosts.filter((host) => list.has(host))).toEqual([]);
  });

  it.each([
    '*',
    '*.',
    'a b',
    'https://a.example',
    'a.example:443',
    'a..b',
    '-a.example',
    '*.*.a',
    '*a.example',
    '',
  ])('refuses %j', (entry) => {
    expect(() => parseHostList([entry])).toThrow(
      expect.objectContaining({ code: 'INVALID_SETTING' }),
    );
  });
});
