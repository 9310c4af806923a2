import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { constants } from 'node:os';
import type { Readable } from 'node:stream';
import { quote, RegistryError } from '#domain/errors';
import { systemClock } from '#flow/clock';

export interface TetheredOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment of the process. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Where its output goes, behind what is there. */
  readonly logPath: string;
  /** What asks it to end. Default `TERM`; Postgres waits for its clients on that, and wants `INT`. */
  readonly endSignal?: 'TERM' | 'INT';
  /** The account it runs as. Default: ours. */
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
}

/** A process that this one has started and that ends with it, even by kill -9. */
export interface TetheredProcess {
  readonly pid: number;
  /** Resolves with how it ended: `SIGKILL`, or `code 0`. */
  readonly ended: Promise<string>;
  readonly hasEnded: boolean;
  /** Sends a signal to it; nothing where it has ended. */
  signal(name: NodeJS.Signals): void;
  /** Asks it to end, kills it when it has not in time, and gives how it ended. */
  end(graceMs: number): Promise<string>;
}

// What is left when its starter is gone may go on for so long.
const ORPHAN_GRACE_SECONDS = 15;

// The standard input of this shell is a pipe that we hold: when it closes we are gone, and the process is asked to end, then
// made to. Background jobs of a shell without job control read from /dev/null, hence the copy of descriptor 0. Descriptor 3
// tells the process id.
const WATCHDOG = `
sign=$1; grace=$2; shift 2
exec 4<&0
"$@" 3>&- 4<&- </dev/null &
child=$!
echo "$child" >&3
{
  exec 3>&-
  cat <&4 >/dev/null
  kill -s "$sign" "$child" 2>/dev/null
  while [ "$grace" -gt 0 ] && kill -0 "$child" 2>/dev/null; do sleep 1; grace=$((grace - 1)); done
  kill -s KILL "$child" 2>/dev/null
} &
watch=$!
exec 3>&-
trap 'kill -s "$sign" "$child" 2>/dev/null' TERM INT
wait "$child"; code=$?
while kill -0 "$child" 2>/dev/null; do wait "$child"; code=$?; done
kill "$watch" 2>/dev/null
exit "$code"
`;

/** Starts a process that ends with this one. @throws CANNOT_START when it cannot be started */
export async function startTethered(options: TetheredOptions): Promise<TetheredProcess> {
  const { command, args, env, cwd, logPath, endSignal = 'TERM', owner } = options;
  const log = openSync(logPath, 'a', 0o600);
  const given = [endSignal, String(ORPHAN_GRACE_SECONDS), command, ...args];
  const shell = spawn('/bin/sh', ['-c', WATCHDOG, 'atlas-watchdog', ...given], {
    // A session of its own: Ctrl-C reaches us alone, and we end what we have started in its order.
    detached: true,
    cwd,
    env,
    stdio: ['pipe', log, log, 'pipe'],
    ...owner,
  });
  closeSync(log);
  let how: string | undefined;
  const ended = new Promise<string>((resolve) => {
    const settle = (text: string): void => {
      how ??= text;
      resolve(how);
    };
    shell.once('error', (error) => settle(error.message));
    shell.once('exit', (code, signal) => settle(signal ?? outcomeOf(code ?? 0)));
  });
  // A write to a shell that is gone is no news: `ended` says so.
  shell.stdin?.on('error', () => undefined);
  const pid = await firstNumber(shell.stdio[3] as Readable);
  if (pid === undefined) {
    throw new RegistryError(
      'CANNOT_START',
      `Cannot start process ${quote(command)}: ${await ended} (want what its log says mended: ${logPath})`,
    );
  }
  const signal = (name: NodeJS.Signals): void => {
    // Its shell has not waited for it before it says that it has ended, so that its id is nobody else's.
    if (how === undefined) send(pid, name);
  };
  return {
    pid,
    ended,
    get hasEnded() {
      return how !== undefined;
    },
    signal,
    async end(graceMs) {
      signal(`SIG${endSignal}`);
      const stop = new AbortController();
      const kill = systemClock
        .sleep(graceMs, stop.signal)
        .then(() => signal('SIGKILL'))
        .catch(() => undefined);
      const text = await ended;
      stop.abort();
      await kill;
      return text;
    },
  };
}

/** Says how a shell that tells the end of its child by a code says it: above 128 is a signal. */
function outcomeOf(code: number): string {
  const named = Object.entries(constants.signals).find(([, number]) => number === code - 128);
  return code > 128 && named !== undefined ? named[0] : `code ${code}`;
}

async function firstNumber(stream: Readable): Promise<number | undefined> {
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  const number = Number.parseInt(text, 10);
  return Number.isNaN(number) ? undefined : number;
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended by itself.
  }
}
