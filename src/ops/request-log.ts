import type { LoggedClass, LogShares } from '#ops/config/log-settings';

/** What is known of a request when it was answered, as far as the log looks at it. */
export interface LoggedRequest {
  readonly class: LoggedClass;
  readonly path: string;
  readonly status: number;
  readonly durationMs: number;
  readonly traceId?: string;
  readonly actor?: string;
}

export interface RequestLogOptions {
  readonly shares: LogShares;
  /** A request that took this long is always written. */
  readonly slowMs: number;
  readonly write: (line: object) => void;
  /** Gives numbers from 0 to 1. Default `Math.random`. */
  readonly random?: () => number;
}

const PATH_LENGTH_MAX = 512;
const ACTOR_LENGTH_MAX = 256;
const REFUSED_STATUS_MIN = 400;

/**
 * Things that prove who somebody is, wherever they stand: a JSON Web Token, a key of this registry, what follows the word
 * "bearer", what stands before the `@` of a URL.
 */
const CREDENTIALS = [
  /eyJ[\w-]{8,}(\.[\w-]*){0,4}/g,
  /atlas_[\w-]+/g,
  /bearer(?:\s|\+|%20|:|=)+[^/\s]+/gi,
  /[^/:@]*:[^/@]*@/g,
] as const;

/** Writes one line a request, or none: of those that are alike, as many as their class is worth. */
export class RequestLog<T extends LoggedRequest> {
  readonly #options: RequestLogOptions;

  constructor(options: RequestLogOptions) {
    this.#options = options;
  }

  /** Writes the line of a request if it is one of those that are written. */
  note(request: T): void {
    const { shares, slowMs, write, random = Math.random } = this.#options;
    const share = isAlwaysWritten(request, slowMs) ? 1 : shares[request.class];
    if (share < 1 && random() >= share) return;
    const [path = ''] = request.path.split(/[?#]/, 1);
    const { actor } = request;
    write({
      ...request,
      path: shownText(path, PATH_LENGTH_MAX),
      ...(actor === undefined ? {} : { actor: shownText(actor, ACTOR_LENGTH_MAX) }),
      // One line stands for so many: who counts lines divides by it.
      ...(share < 1 ? { share } : {}),
    });
  }
}

function isAlwaysWritten({ status, durationMs, traceId }: LoggedRequest, slowMs: number): boolean {
  return status >= REFUSED_STATUS_MIN || durationMs >= slowMs || traceId !== undefined;
}

/** Gives what may be written of a text that came from outside. */
export function shownText(text: string, lengthMax: number): string {
  const cut = text.length > lengthMax ? `${text.slice(0, lengthMax)}…` : text;
  return CREDENTIALS.reduce((shown, secret) => shown.replaceAll(secret, '[redacted]'), cut);
}
