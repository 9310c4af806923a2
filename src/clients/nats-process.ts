import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The files of a server in its folder: how it is configured, and which process it is. */
export const CONFIG_FILE = 'nats.conf';
export const PID_FILE = 'nats-server.pid';

/** How another process reaches a server. */
export interface FoundNats {
  readonly url: string;
  readonly token: string;
}

/**
 * Finds the server that another process has started in a folder and that runs there now; `undefined` where there is none.
 */
export function findEmbeddedNats(folder: string): FoundNats | undefined {
  const pid = readPid(join(folder, PID_FILE));
  if (pid === undefined || !isNatsServer(pid)) return undefined;
  const config = readFileSync(join(folder, CONFIG_FILE), 'utf8');
  const port = /^listen: "127\.0\.0\.1:(\d+)"$/m.exec(config)?.[1];
  const token = /^authorization \{ token: "([^"]+)" \}$/m.exec(config)?.[1];
  if (port === undefined || token === undefined) return undefined;
  return { url: `nats://127.0.0.1:${port}`, token };
}

/** Reads the id of a process from its file; `undefined` where there is none. */
export function readPid(path: string): number | undefined {
  if (!existsSync(path)) return undefined;
  const pid = Number(readFileSync(path, 'utf8'));
  return Number.isInteger(pid) && pid > 0 ? pid : undefined;
}

/** Tells whether a process is a nats-server that runs. A process id is used again: any other one is not meant. */
export function isNatsServer(pid: number): boolean {
  if (!isAlive(pid)) return false;
  const cmdline = `/proc/${pid}/cmdline`;
  return !existsSync(cmdline) || readFileSync(cmdline, 'utf8').includes('nats-server');
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
