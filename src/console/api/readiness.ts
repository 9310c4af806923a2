import { ownHeaders, Refusal } from '#console/api/ask';
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

/** Asks how the node does. One that is not ready answers too. @throws Refusal when what answers is no node */
export async function readReadiness(signal?: AbortSignal): Promise<Readiness> {
  const response = await fetch('/readyz', {
    headers: ownHeaders(),
    ...(signal === undefined ? {} : { signal }),
  });
  const found: unknown = await response.json().catch(() => undefined);
  if (isReadiness(found)) return found;
  throw new Refusal({
    status: response.status,
    title: 'No answer of the registry',
    detail: `Cannot read how the node does: status ${response.status} without its parts (want the registry itself behind this address)`,
    code: 'UNKNOWN',
  });
}

function isReadiness(found: unknown): found is Readiness {
  if (!isObject(found) || !Array.isArray(found['parts'])) return false;
  const { status, version, parts } = found;
  return (
    typeof status === 'string' &&
    typeof version === 'string' &&
    parts.every(
      (part) =>
        isObject(part) && typeof part['name'] === 'string' && typeof part['detail'] === 'string',
    )
  );
}

function isObject(found: unknown): found is Readonly<Record<string, unknown>> {
  return typeof found === 'object' && found !== null;
}

/** Gives the newest position that this node shows of a stream; `undefined` while it has not caught up with the log. */
export async function newestPosition(stream: StreamName): Promise<number | undefined> {
  const { parts } = await readReadiness();
  const name = stream === 'registry' ? 'catalog' : 'job-runs';
  const part = parts.find((one) => one.name === name);
  return part?.ready === true ? (part.position ?? 0) : undefined;
}
