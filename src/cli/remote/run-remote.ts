import type { AtlasClient } from '#api-client/atlas-client';
import type { CommandHost } from '#cli/command/command-host';
import {
  CommandFault,
  describeError,
  EXIT,
  type ExitCode,
  exitCodeOf,
  runToExit,
} from '#cli/command/exit-code';
import { jsonLine } from '#cli/command/printable';
import type { TargetFlags } from '#cli/command/target-options';
import { connectAtlas } from '#cli/remote/connect-atlas';
import { nextStepAfter } from '#cli/remote/next-step';

/** What a command wants to be seen: one form for machines, one for people. */
export interface Shown {
  readonly json: unknown;
  readonly text: string;
}

/** What a command that speaks to a registry is told; one that writes has a key. */
export type RemoteFlags = TargetFlags & { readonly idempotencyKey?: string };

/** Runs the work of a command against the registry that its flags name, and ends the process with its exit code. */
export async function runRemote(
  host: CommandHost,
  flags: RemoteFlags,
  work: (client: AtlasClient, signal: AbortSignal) => Promise<ExitCode>,
): Promise<never> {
  return await runToExit(host, async (signal) => {
    try {
      return await work(connectAtlas(flags, signal), signal);
    } catch (error) {
      const step = nextStepAfter(error, flags.idempotencyKey);
      if (step === undefined) throw error;
      throw new CommandFault(exitCodeOf(error), `${describeError(error)}. Next: ${step}`, {
        cause: error,
      });
    }
  });
}

/** Does the same, and writes what comes of it. */
export async function showRemote(
  host: CommandHost,
  flags: RemoteFlags,
  read: (client: AtlasClient, signal: AbortSignal) => Promise<Shown>,
): Promise<never> {
  return await runRemote(host, flags, async (client, signal) => {
    const { json, text } = await read(client, signal);
    host.out.write(flags.json === true ? jsonLine(json) : text);
    return EXIT.ok;
  });
}
