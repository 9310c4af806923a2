import { ownHeaders } from '#console/api/ask';
import type { StreamName } from '#console/api/follow';

export interface Part {
  readonly name: string;
  readonly ready: boolean;
  readonly detail: string;
  readonly position?: number;
}

export interface Readiness {
  readonly status: 'ready' | 'degraded' | 'not-ready';
  readonly version: string;
  readonly parts: readonly Part[];
}

/** Asks how the node does. One that is not ready answers too. */
export async function readReadiness(signal?: AbortSignal): Promise<Readiness> {
  const response = await fetch('/readyz', {
    headers: ownHeaders(),
    ...(signal === undefined ? {} : { signal }),
  });
  const found: unknown = await response.json();
  return found as Readiness;
}

/** Gives the newest position that this node shows of a stream. */
export async function newestPosition(stream: StreamName): Promise<number> {
  const { parts } = await readReadiness();
  const name = stream === 'registry' ? 'catalog' : 'job-runs';
  return parts.find((part) => part.name === name)?.position ?? 0;
}
