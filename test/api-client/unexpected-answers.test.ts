import { describe, expect, it } from 'vitest';
import { AtlasClient } from '#api-client/atlas-client';
import { UnexpectedAnswerError } from '#api-client/errors';
import { type StubAnswer, type StubServer, stubRegistry } from '#test/cli/contract-bed';

const PAGE = { body: '<html>Sign in</html>', headers: { 'Content-Type': 'text/html' } };
const BODY = { name: 'a', schema_fingerprint: 'fp' };
const EVENTS = { 'Content-Type': 'text/event-stream' };

async function answering(answer: StubAnswer): Promise<{ server: StubServer; client: AtlasClient }> {
  const server = await stubRegistry(() => answer);
  return { server, client: new AtlasClient({ url: server.url, retry: { pauseMs: 1 } }) };
}

async function first(events: AsyncIterable<unknown>): Promise<unknown> {
  for await (const event of events) return event;
  return undefined;
}

describe('the client, where something else answers', () => {
  it.each([301, 302, 303, 307, 308])('follows no %i, and names where it leads', async (status) => {
    await using other = await stubRegistry(() => ({ body: {} }));
    const location = `${other.url}/sign-in?state=secret`;
    const { server, client } = await answering({
      status,
      body: '',
      headers: { Location: location },
    });
    await using _ = server;
    const written = client.registerDataset(BODY);
    await expect(written).rejects.toThrow(UnexpectedAnswerError);
    await expect(written).rejects.toThrow(`leads to ${other.url}/sign-in (want`);
    await expect(written).rejects.toMatchObject({ status, outcome: 'not-applied' });
    await expect(client.getDataset('a')).rejects.toThrow(UnexpectedAnswerError);
    expect([server.requests.length, other.requests.length]).toEqual([2, 0]);
  });

  it('takes what a browser hides of a redirect for an error', async () => {
    const hidden = { type: 'opaqueredirect', status: 0, ok: false, headers: new Headers() };
    const fetch = async () => hidden as Response;
    const client = new AtlasClient({ url: 'http://127.0.0.1:1', fetch });
    await expect(client.getDataset('a')).rejects.toThrow(/leads elsewhere/);
  });

  it('takes no page for an answer, and does not ask for it again', async () => {
    const { server, client } = await answering(PAGE);
    await using _ = server;
    const written = client.registerDataset(BODY);
    await expect(written).rejects.toThrow(/it is 200 with text\/html, not with application\/json/);
    await expect(written).rejects.toMatchObject({ code: 'UNEXPECTED_ANSWER', outcome: 'unknown' });
    await expect(client.list('listDatasets').next()).rejects.toThrow(UnexpectedAnswerError);
    await expect(client.call('getCatalog', {})).rejects.toThrow(UnexpectedAnswerError);
    await expect(first(client.events({ from: 1 }))).rejects.toThrow(/the answer is text\/html/);
    expect(server.requests).toHaveLength(4);
  });

  it('takes neither half of a document, nor none, nor another one for an answer', async () => {
    for (const [answer, want] of [
      [{ body: '{"datasets":[' }, /it is no JSON/],
      [{ status: 204, body: '', headers: { 'Content-Type': '' } }, /it is 204 with nothing/],
      [{ body: { status: 'UP' } }, /it holds no list/],
    ] as const) {
      const { server, client } = await answering(answer);
      await using _ = server;
      await expect(client.list('listDatasets').next()).rejects.toThrow(want);
    }
  });

  it('does not begin at the first event where nobody says which is the newest', async () => {
    const { server, client } = await answering({ body: { datasets: [] } });
    await using _ = server;
    await expect(first(client.events())).rejects.toThrow(/it has no position/);
    expect(server.requests).toHaveLength(1);
  });

  it.each([
    ['data: {"position":\n\n', /"message" is no JSON/],
    ['data: {}\n\n', /"message" has no position/],
  ])(
    'ends events with an error of the client at a message that is none: %j',
    async (body, want) => {
      const { server, client } = await answering({ body, headers: EVENTS });
      await using _ = server;
      const followed = first(client.events({ from: 1 }));
      await expect(followed).rejects.toThrow(UnexpectedAnswerError);
      await expect(followed).rejects.toThrow(want);
    },
  );
});
