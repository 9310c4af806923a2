import { describe, expect, it } from 'vitest';
import { runCommandLine, type StubAnswer, stubRegistry } from '#test/cli/contract-bed';

const PAGE: StubAnswer = {
  body: '<html>Sign in</html>',
  headers: { 'Content-Type': 'text/html' },
};
const MOVED: StubAnswer = {
  status: 302,
  body: '',
  headers: { Location: 'https://sso.example.com/sign-in?state=s' },
};

describe('commands, where something else than a registry answers', () => {
  it.each([
    'dataset list',
    'dataset query a t',
    'job list',
    'job run a',
    'job define -',
    'job watch a',
    'events watch',
    'events watch --from 1',
    'contract changelog a.b',
    'contract versions a.b',
    'key list',
  ])('end with 3 and show nothing as an answer: %s', async (line) => {
    for (const answer of [PAGE, MOVED]) {
      await using server = await stubRegistry(() => answer);
      const args = [...line.split(' '), '--url', server.url];
      const { code, stdout, stderr } = await runCommandLine(args, { stdin: '{}' });
      expect([code, stdout], stderr).toEqual([3, '']);
      if (answer === MOVED) expect(stderr).toContain('leads to https://sso.example.com/sign-in (');
    }
  });
});

describe('a name that leads elsewhere in an address', () => {
  it.each([
    'dataset get ..',
    'dataset query .. t',
    'dataset query a .',
    'job watch ..',
    'contract get ..',
    'contract get a.b ..',
    'contract diff a.b v1 ..',
    'contract stage .. v1 approved',
    'key revoke ..',
  ])('is never asked for: %s', async (line) => {
    await using server = await stubRegistry(() => ({ body: {} }));
    const { code, stdout } = await runCommandLine([...line.split(' '), '--url', server.url]);
    expect([code > 0, stdout, server.requests]).toEqual([true, '', []]);
  });
});
