import type { JsonObject } from '#domain/canonical-json';

/** One request with a body. */
export interface Posted {
  readonly method?: 'POST' | 'PUT';
  readonly path: string;
  readonly body: JsonObject;
}

/** A right command with a text in every place that takes one, and where its texts are found again. */
export interface HostileCommand extends Posted {
  readonly operationId: string;
  /** What must be there before it. */
  readonly before?: readonly Posted[];
  /** Where what it wrote is read; absent where it is not shown. */
  readonly read?: (body: JsonObject) => string;
  /** Whether anything of it is kept. Default: yes. */
  readonly isKept?: boolean;
  /** Members that are kept, and not in the log. */
  readonly notInLog?: readonly string[];
  /** Members that say what to do, and are not kept. */
  readonly dropped?: readonly string[];
}

/** Makes the address of what a body names. */
export function readAt(template: string): (body: JsonObject) => string {
  return (body) =>
    template.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
      const text = body[name];
      return typeof text === 'string' ? encodeURIComponent(text) : '';
    });
}
