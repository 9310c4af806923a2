import { createInterface } from 'node:readline/promises';

/** Asks a yes-or-no question on the terminal. Ctrl-C, the end of the input, and no terminal at all are a no. */
export async function confirmed(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) return false;
  const ask = createInterface({ input: process.stdin, output: process.stdout });
  const closed = new AbortController();
  ask.once('close', () => closed.abort());
  try {
    const answer = await ask.question(`${question} [y/N] `, { signal: closed.signal });
    return /^y(es)?$/i.test(answer.trim());
  } catch (error) {
    if (!closed.signal.aborted) throw error;
    process.stdout.write('\n');
    return false;
  } finally {
    ask.close();
  }
}
