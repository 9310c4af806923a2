import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CHAT_SHAPES } from '#domain/action-parameters';
import { actionOf, failedRun, openActionBed } from '#test/support/action-bed';
import { type HookServer, startHookServer } from '#test/support/hook-server';
import { chatMessage } from '#workers/actions/chat-message';

let server: HookServer;
beforeEach(async () => {
  server = await startHookServer();
});
afterEach(async () => await server[Symbol.asyncDispose]());

const HOSTILE =
  '<!channel> @everyone @here @all <@U123> <#C1> [x](https://evil.example) **b** `c` https://evil.example www.evil.example <https://evil.example|ok> & a@b.example ||s|| # h';

function texts(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(texts) : [];
}

describe('chatMessage()', () => {
  it('escapes for Slack the three that have a meaning', () => {
    const { text, ...flags } = chatMessage('slack', HOSTILE);
    expect(text).not.toMatch(/[<>]/);
    expect(text).toMatch(/^&lt;!channel&gt; /);
    expect(JSON.stringify(text).replaceAll(/&(?:amp|lt|gt);/g, '')).not.toContain('&');
    expect(flags).toMatchObject({ mrkdwn: false, parse: 'none', link_names: false });
  });

  it('sends Teams an adaptive card with runs of text, which know neither Markdown nor mentions', () => {
    const message = chatMessage('teams', 'one\n[two](https://evil.example)');
    expect(message).toMatchObject({
      type: 'message',
      attachments: [
        {
          contentType: 'application/vnd.microsoft.card.adaptive',
          content: {
            type: 'AdaptiveCard',
            body: [
              { type: 'RichTextBlock', inlines: [{ type: 'TextRun', text: 'one' }] },
              { type: 'RichTextBlock', inlines: [{ type: 'TextRun' }] },
            ],
          },
        },
      ],
    });
    expect(JSON.stringify(message)).not.toMatch(/msteams|"TextBlock"|"entities/);
  });

  it('escapes Markdown for Discord and Mattermost, and Discord may mention nobody', () => {
    for (const shape of ['discord', 'mattermost'] as const) {
      const text = texts(chatMessage(shape, HOSTILE)).join('');
      expect(text.replaceAll(/\\[\\`*_{}[\]()<>#+.!|~:-]/g, '')).not.toMatch(/[\\`*_[\]()<>#|~:]/);
    }
    expect(chatMessage('discord', 'a')).toMatchObject({ allowed_mentions: { parse: [] } });
  });

  it.each(CHAT_SHAPES)(
    'leaves in a message for %s no mention and no link, whatever the text',
    (shape) => {
      const part = fc.constantFrom(
        '@',
        'all',
        'here',
        'everyone',
        'channel',
        '<!',
        '>',
        '://',
        'https',
        'www.',
        '\\',
        '`',
        '\n',
        ' ',
      );
      const text = fc.array(fc.oneof(part, fc.string({ unit: 'binary' })), { maxLength: 30 });
      fc.assert(
        fc.property(text, (parts) => {
          const whole = texts(chatMessage(shape, parts.join(''))).filter(
            (one) => !one.startsWith('http://adaptivecards.io/'),
          );
          for (const one of whole) {
            expect(one).not.toMatch(/@(?:all|here|everyone|channel)|:\/\/|<[!@#]|www\./i);
            expect(one.isWellFormed()).toBe(true);
          }
        }),
      );
    },
  );

  it('stays within what a chat takes, without half a character', () => {
    for (const filler of ['<', '*', '😀', '@']) {
      const content = texts(chatMessage('discord', filler.repeat(5_000))).join('');
      expect(content.length).toBeLessThanOrEqual(2_000);
      expect(content.isWellFormed()).toBe(true);
    }
  });
});

describe('SEND_NOTIFICATION to a chat', () => {
  it.each(CHAT_SHAPES)(
    'sends what the profile says and then the run, in the shape of %s',
    async (shape) => {
      using bed = openActionBed();
      const action = actionOf('SEND_NOTIFICATION', {
        channel: 'chat',
        shape,
        target: { url: server.url },
        text: 'Please look',
      });
      const run = failedRun({ job: 'a @everyone <!here>\u202e\nSecond: line' });
      expect(await bed.carryOut(action, run)).toMatchObject({ outcome: 'succeeded' });
      const all = texts(JSON.parse(server.requests[0]?.body ?? '')).join('\n');
      expect(all.indexOf('Please look')).toBeLessThan(all.indexOf('run'));
      expect(all).not.toContain('@everyone');
      expect(all).not.toContain('<!here>');
      expect(all).not.toMatch(/\nSecond/);
    },
  );
});
