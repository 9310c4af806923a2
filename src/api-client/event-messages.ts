import { UnexpectedAnswerError } from '#api-client/errors';

/** One message of a stream of server-sent events. */
export interface EventMessage {
  readonly id: string | undefined;
  readonly event: string;
  readonly data: string;
}

/** The longest message that is read: an event is smaller, and what never ends must not fill the memory. */
const MESSAGE_CHARS_MAX = 64 * 1_024 * 1_024;

/**
 * Takes a stream of server-sent events apart (WHATWG HTML, 9.2). A message that is cut off is dropped.
 * @throws UnexpectedAnswerError for a message of more than 64 Mi characters
 */
export async function* eventMessages(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<EventMessage> {
  let fields = new Message();
  for await (const line of lines(chunks)) {
    if (line === '') {
      const message = fields.message();
      fields = new Message();
      if (message !== undefined) yield message;
    } else fields.add(line);
    if (fields.chars > MESSAGE_CHARS_MAX) throw tooLong();
  }
}

class Message {
  #id: string | undefined;
  #event = 'message';
  readonly #data: string[] = [];
  chars = 0;

  add(line: string): void {
    // What is not kept takes no room: heartbeats and fields that nobody reads.
    const colon = line.indexOf(':');
    const name = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (name === 'id') this.#id = value;
    else if (name === 'event') this.#event = value;
    else if (name === 'data') {
      this.#data.push(value);
      // A line feed joins it to the next: empty lines without end fill the memory too.
      this.chars += value.length + 1;
    }
  }

  message(): EventMessage | undefined {
    if (this.#data.length === 0) return undefined;
    return { id: this.#id, event: this.#event, data: this.#data.join('\n') };
  }
}

async function* lines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    rest += decoder.decode(chunk, { stream: true });
    if (rest.length > MESSAGE_CHARS_MAX) throw tooLong();
    // A "\r" at the end may be half of "\r\n": it waits for what comes.
    const held = rest.endsWith('\r') ? 1 : 0;
    const found = rest.slice(0, rest.length - held).split(/\r\n|\n|\r/);
    rest = `${found.pop() ?? ''}${rest.slice(rest.length - held)}`;
    yield* found;
  }
}

function tooLong(): UnexpectedAnswerError {
  const is = `a message is longer (want at most ${MESSAGE_CHARS_MAX} characters)`;
  return new UnexpectedAnswerError(`Cannot read an event: ${is}`, {});
}
