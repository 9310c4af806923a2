import type { CHAT_SHAPES } from '#domain/action-parameters';
import type { JsonObject } from '#domain/canonical-json';

/** Whose message format is sent. */
export type ChatShape = (typeof CHAT_SHAPES)[number];

// Escaping makes at most three units of one; Discord takes 2,000, the others more.
const UNITS_MAX: Readonly<Record<ChatShape, number>> = {
  slack: 4_000,
  teams: 8_000,
  discord: 640,
  mattermost: 4_000,
};
const BREAK = '\u200b';

/**
 * Makes the message of a chat. Whatever the text holds, it mentions nobody, makes no link and formats nothing: it may name
 * what comes from outside.
 */
export function chatMessage(shape: ChatShape, text: string): JsonObject {
  const max = UNITS_MAX[shape];
  const cut = (text.length > max ? `${text.slice(0, max)}…` : text).toWellFormed();
  switch (shape) {
    case 'slack':
      // By its documentation these three are all that has a meaning; `<!channel>` and links are made of them.
      return {
        text: unlinked(
          cut.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
        ),
        mrkdwn: false,
        parse: 'none',
        link_names: false,
        unfurl_links: false,
        unfurl_media: false,
      };
    case 'teams':
      return adaptiveCard(unlinked(cut));
    case 'discord':
      return { content: markdownPlain(cut), allowed_mentions: { parse: [] }, flags: NO_EMBEDS };
    case 'mattermost':
      return { text: markdownPlain(cut) };
    default:
      return shape satisfies never;
  }
}

/** Of Discord: shows nothing of what a link leads to. */
const NO_EMBEDS = 4;

/** Runs of text in a rich text block are never read as Markdown; mentions need entities, of which there are none. */
function adaptiveCard(text: string): JsonObject {
  const body = text.split('\n').map((line) => ({
    type: 'RichTextBlock',
    inlines: [{ type: 'TextRun', text: line }],
  }));
  const content = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    body,
  };
  const contentType = 'application/vnd.microsoft.card.adaptive';
  return { type: 'message', attachments: [{ contentType, contentUrl: null, content }] };
}

/** Shows Markdown as it is written. */
function markdownPlain(text: string): string {
  return unlinked(text.replaceAll(/[\\`*_{}[\]()<>#+.!|~:-]/g, '\\$&'));
}

/** Keeps what looks like a link or a mention from being made one: no escape keeps every chat from reading them. */
function unlinked(text: string): string {
  return text
    .replaceAll('://', `:${BREAK}//`)
    .replaceAll(/www(?=\.)/gi, `$&${BREAK}`)
    .replaceAll(/[@<]/g, `$&${BREAK}`);
}
