// Follows the changes of one environment over HTTP, as server-sent events. It keeps the id of the last event in a file, and goes on
// behind it: after a lost connection by itself, after a restart from the file.
//
//   node dist/examples/consumers/sse-client.js --state my-copy.position
//
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { env, stderr, stdout } from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';

const RETRY_MS_MAX = 10_000;
/** The registry says something every 15 s; a connection that is silent for longer is dead. */
const SILENCE_MS_MAX = 60_000;

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: env['ATLAS_URL'] ?? 'http://127.0.0.1:3001' },
    state: { type: 'string', default: 'sse-client.position' },
    stream: { type: 'string', default: 'registry' },
  },
});

/** Of an API key or a token, where the registry asks for one. */
const { ATLAS_TOKEN } = env;
let last = existsSync(values.state) ? readFileSync(values.state, 'utf8').trim() : '0';

for (let failures = 0; ; failures += 1) {
  const before = last;
  await follow().catch((error: unknown) => stderr.write(`interrupted: ${String(error)}\n`));
  if (last !== before) failures = 0;
  await delay(Math.min(RETRY_MS_MAX, 250 * 2 ** Math.min(failures, 10)) * Math.random());
}

/** Takes what comes over one connection. */
async function follow(): Promise<void> {
  for await (const { id, event, data } of messages(await open())) {
    // Its data says why; whoever connects again goes on behind the last event.
    if (event === 'end') return;
    handle(event, data);
    // Only now, and by renaming: a crash leaves the old position, and the event comes again.
    last = id;
    writeFileSync(`${values.state}.new`, last);
    renameSync(`${values.state}.new`, values.state);
  }
}

/** What you would do with an event: here it is only shown. */
function handle(event: string, data: string): void {
  const { position, subject, id } = JSON.parse(data) as Record<string, unknown>;
  stdout.write(`${String(position)} ${event} ${String(subject)} ${String(id)}\n`);
}

async function open(): Promise<AsyncIterable<Uint8Array>> {
  // With Last-Event-ID: 0 it begins with the first event.
  const headers: Record<string, string> = { accept: 'text/event-stream', 'last-event-id': last };
  if (ATLAS_TOKEN !== undefined) headers['authorization'] = `Bearer ${ATLAS_TOKEN}`;
  const answer = await fetch(`${values.url}/registry/events?stream=${values.stream}`, { headers });
  if (!answer.ok || answer.body === null) throw new Error(`HTTP ${answer.status}`);
  return answer.body;
}

/** Takes the stream apart: messages end with an empty line, each line is a field and its value. */
async function* messages(body: AsyncIterable<Uint8Array>) {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of heard(body)) {
    const blocks = `${rest}${decoder.decode(chunk, { stream: true })}`.split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = new Map(block.split('\n').map((line) => splitLine(line)));
      const [id = '', event = '', data] = [
        fields.get('id'),
        fields.get('event'),
        fields.get('data'),
      ];
      if (data !== undefined) yield { id, event, data };
    }
  }
}

/** Gives up a connection on which nothing is heard, not even a heartbeat. */
async function* heard(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const chunks = body[Symbol.asyncIterator]();
  for (;;) {
    const silence = new AbortController();
    const tooLong = delay(SILENCE_MS_MAX, undefined, { signal: silence.signal }).then(() => {
      throw new Error('nothing was heard');
    });
    tooLong.catch(() => undefined);
    const next = await Promise.race([chunks.next(), tooLong]).finally(() => silence.abort());
    if (next.done === true) return;
    yield next.value;
  }
}

function splitLine(line: string): readonly [string, string] {
  const colon = line.indexOf(': ');
  return colon === -1 ? [line, ''] : [line.slice(0, colon), line.slice(colon + 2)];
}
