import { readFile } from 'node:fs/promises';
import type { CommandHost } from '#cli/command/command-host';
import { CommandFault, EXIT } from '#cli/command/exit-code';

/** Reads a file of JSON; `-` is standard input. @throws CommandFault for a file that cannot be read, or is no JSON */
export async function readJson(
  path: string,
  host: CommandHost,
  signal: AbortSignal,
): Promise<unknown> {
  const refuse = (error: unknown): CommandFault => {
    const is = error instanceof Error ? error.message : String(error);
    return new CommandFault(
      EXIT.usage,
      `Cannot read file ${JSON.stringify(path)}: ${is} (want a file with JSON)`,
      { cause: error },
    );
  };
  try {
    const bytes =
      path === '-' ? await host.readStandardInput(signal) : await readFile(path, { signal });
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (error) {
    throw refuse(error);
  }
}
