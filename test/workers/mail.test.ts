import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { actionOf, failedRun, openActionBed } from '#test/support/action-bed';
import { startRudeServer } from '#test/support/rude-server';
import type { AttemptResult } from '#workers/action-attempt';

interface Taken {
  readonly from: string;
  readonly to: readonly string[];
  readonly head: readonly string[];
  readonly text: string;
}

let server: SMTPServer;
let port: number;
let refusal: { readonly code: number; readonly of: string } | undefined;
const taken: Taken[] = [];

beforeEach(async () => {
  refusal = undefined;
  taken.length = 0;
  server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onAuth: ({ username, password }, _, done) => {
      const isRight = username === 'atlas' && password === 'right';
      done(isRight ? null : new Error('wrong'), isRight ? { user: 'atlas' } : undefined);
    },
    onRcptTo: ({ address }, _, done) => {
      if (refusal === undefined || !address.includes(refusal.of)) done();
      else done(Object.assign(new Error('not him'), { responseCode: refusal.code }));
    },
    onData: (stream, { envelope }, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const [head = '', ...rest] = Buffer.concat(chunks).toString().split('\r\n\r\n');
        const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
        const to = envelope.rcptTo.map(({ address }) => address);
        // A header may go on in a line that begins with a space.
        const lines = head.replaceAll(/\r\n[ \t]+/g, ' ').split('\r\n');
        taken.push({ from, to, head: lines, text: rest.join('\r\n\r\n') });
        done();
      });
    },
  });
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  port = (server.server.address() as AddressInfo).port;
});
afterEach(async () => {
  await new Promise<void>((resolve) => server.close(resolve));
});

async function send(
  rest: {
    readonly parameters?: object;
    readonly job?: string;
    readonly url?: string;
    readonly signal?: AbortSignal;
  } = {},
): Promise<AttemptResult> {
  const { url = `smtp://127.0.0.1:${port}`, parameters, job = 'orders.check', signal } = rest;
  using bed = openActionBed({ mail: { url, from: 'atlas@a.example' } });
  const action = actionOf('SEND_NOTIFICATION', {
    channel: 'email',
    recipients: ['ann@a.example', 'bob@b.example'],
    ...parameters,
  });
  return await bed.carryOut(action, failedRun({ job }), signal);
}

describe('SEND_NOTIFICATION by mail', () => {
  it('sends text alone to everybody, with an id that a retry repeats', async () => {
    const sent = { outcome: 'succeeded', detail: '2 of 2 recipients were accepted' };
    expect(await send({ parameters: { subject: 'It failed' } })).toEqual(sent);
    expect(await send({ parameters: { subject: 'It failed' } })).toEqual(sent);
    expect(taken[0]).toMatchObject({
      from: 'atlas@a.example',
      to: ['ann@a.example', 'bob@b.example'],
    });
    expect(taken[0]?.head).toContain('Subject: It failed');
    expect(taken[0]?.head).toContain('Auto-Submitted: auto-generated');
    expect(taken[0]?.head.find((line) => line.startsWith('Content-Type'))).toMatch(
      /^Content-Type: text\/plain/,
    );
    expect(taken[0]?.text).toContain('Message: Three rows are wrong');
    const ids = taken.map(({ head }) => head.find((line) => line.startsWith('Message-ID')));
    expect(ids[0]).toMatch(/^Message-ID: <[0-9a-f]{32}@atlas-registry>$/);
    expect(ids[1]).toBe(ids[0]);
  });

  it.each(['a\r\nBcc: eve@evil.example', 'a\nX-Evil: 1', 'a\r\n\r\nbody', 'a\u2028b\0c'])(
    'makes no header of the name of a job: %j',
    async (job) => {
      await send({ job });
      expect(taken[0]?.to).toEqual(['ann@a.example', 'bob@b.example']);
      const names = taken[0]?.head.map((line) => line.split(':')[0]?.toLowerCase());
      expect(names).not.toContain('bcc');
      expect(names).not.toContain('x-evil');
      expect(taken[0]?.head.filter((line) => line.startsWith('Subject'))).toHaveLength(1);
    },
  );

  it('counts as sent when some are refused, and is dead when all are for good', async () => {
    refusal = { code: 550, of: 'bob' };
    expect(await send()).toEqual({
      outcome: 'succeeded',
      detail: '1 of 2 recipients were accepted',
    });
    refusal = { code: 550, of: '@' };
    expect(await send()).toMatchObject({
      outcome: 'dead',
      detail: 'The mail was not taken: EENVELOPE 550',
    });
    refusal = { code: 450, of: '@' };
    expect(await send()).toMatchObject({
      outcome: 'failed',
      detail: 'The mail was not taken: EENVELOPE 450',
    });
  });

  it('fails for now with a wrong password, nobody there, or no server set, and never shows the password', async () => {
    const wrong = await send({ url: `smtp://atlas:wr0ng@127.0.0.1:${port}` });
    expect(wrong).toEqual({ outcome: 'failed', detail: 'The mail was not taken: EAUTH 535' });
    expect(await send({ url: `smtp://atlas:right@127.0.0.1:${port}` })).toMatchObject({
      outcome: 'succeeded',
    });
    const nobody = await send({ url: 'smtp://atlas:wr0ng@127.0.0.1:9' });
    expect(nobody).toMatchObject({ outcome: 'failed' });
    expect(JSON.stringify([wrong, nobody])).not.toContain('wr0ng');
    using bed = openActionBed();
    const action = actionOf('SEND_NOTIFICATION', { channel: 'email', recipients: ['a@b.example'] });
    expect(await bed.carryOut(action)).toEqual({
      outcome: 'failed',
      detail: 'No mail server is set (want ATLAS_SMTP_URL)',
    });
  });

  it('fails for now with what is no mail server', async () => {
    await using rude = await startRudeServer({ greeting: 'HTTP/1.1 400 Bad Request\r\n\r\n' });
    const url = `smtp://127.0.0.1:${rude.port}`;
    expect(await send({ url })).toMatchObject({ outcome: 'failed' });
  });
});
