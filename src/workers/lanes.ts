import type { Action } from '#domain/action-parameters';
import type { ActionTarget } from '#domain/action-target';
import { type Scope, scopeKey } from '#domain/scope';

/** Bounds how many actions go to one place at a time. Nobody waits in it: who finds a lane full comes again. */
export class Lanes {
  readonly #perLaneMax: number;
  readonly #taken = new Map<string, number>();

  constructor(perLaneMax: number) {
    this.#perLaneMax = perLaneMax;
  }

  /** Tells whether a lane has no place left. */
  isFull(lane: string): boolean {
    return (this.#taken.get(lane) ?? 0) >= this.#perLaneMax;
  }

  /** Takes a place and gives what frees it again; `undefined` where there is none. */
  take(lane: string): (() => void) | undefined {
    if (this.isFull(lane)) return undefined;
    this.#taken.set(lane, (this.#taken.get(lane) ?? 0) + 1);
    return () => {
      const left = (this.#taken.get(lane) ?? 1) - 1;
      if (left === 0) this.#taken.delete(lane);
      else this.#taken.set(lane, left);
    };
  }
}

/** Names where an action goes: a host, a secret that is a URL, or a part of this registry. */
export function laneOf(scope: Scope, action: Action): string {
  switch (action.type) {
    case 'STORE_RESULTS':
      return 'store';
    case 'SEND_NOTIFICATION':
      return action.parameters.channel === 'email'
        ? 'mail'
        : laneOfTarget(scope, action.parameters.target);
    case 'EMIT_LINEAGE':
      return action.parameters.target === undefined
        ? 'lineage'
        : laneOfTarget(scope, action.parameters.target);
    case 'CALL_WEBHOOK':
    case 'OPEN_TICKET':
      return laneOfTarget(scope, action.parameters.target);
    default:
      return action satisfies never;
  }
}

function laneOfTarget(scope: Scope, { url, urlSecretName = '' }: ActionTarget): string {
  if (url !== undefined) return `host ${new URL(url).host}`;
  return `secret ${scopeKey(scope)} ${urlSecretName}`;
}
