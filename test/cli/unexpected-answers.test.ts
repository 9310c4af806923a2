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
