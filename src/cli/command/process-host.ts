import { addAbortSignal } from 'node:stream';
import { isatty } from 'node:tty';
import pc from 'picocolors';
import type { CommandHost, JsonTools } from '#cli/command/command-host';
import { untilSignalled } from '#ops/signals';

const STANDARD_INPUT = 0;
// What a registry takes at most is less; nobody pipes more in on purpose.
const INPUT_BYTES_MAX = 16 * 1_024 * 1_024;

/** Makes the host of commands that run in this process. */
export function processHost(json: JsonTools): CommandHost {
  return {
    out: process.stdout,
    err: process.stderr,
    colours: pc.isColorSupported && process.stdout.isTTY,
    json,
    nowMs: () => Date.now(),
    readStandardInput,
    isTyped: () => isatty(STANDARD_INPUT),
    untilSignalled,
    whenUnread: (listener) => {
      process.stdout.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code !== 'EPIPE') throw error;
        listener();
      });
    },
    exit: (code) => process.exit(code),
  };
}

async function readStandardInput(signal: AbortSignal): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of addAbortSignal(signal, process.stdin) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > INPUT_BYTES_MAX)
      throw new Error(
        `Cannot read standard input: it is larger (want at most ${INPUT_BYTES_MAX} bytes)`,
      );
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, bytes);
}
