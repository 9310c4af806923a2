import { diffWit } from '#contracts/wit/diff/diff-wit';
import { subject } from '#test/contracts/wit/diff/subject';

/** The roles of an interface, and those of a world, as `told` shows them. */
export const INTERFACE = 'importer,exporter';
export const WORLD = 'component,host';

/** Two bodies of a text, and what `told` must say of them. */
export interface DiffCase {
  readonly name: string;
  readonly older: string;
  readonly newer: string;
  readonly want: readonly string[];
}

/**
 * Tells each change as `rule item -> roles`, with a `+` where something was added. `dependencies` are the texts that the
 * older one refers to, then those of the newer one.
 */
export function told(
  older: string,
  newer: string,
  dependencies: readonly (readonly string[])[] = [],
): readonly string[] {
  const [before = [], after = before] = dependencies;
  return diffWit(subject(older, before), subject(newer, after)).map(
    ({ rule, item, breaks, feature }) =>
      [rule, item, '->', breaks.join(), feature ? '+' : ''].filter((word) => word !== '').join(' '),
  );
}

/** Puts items into the one interface of a package. */
export function inInterface(body: string): string {
  return `package a:b@1.0.0; interface i { ${body} }`;
}
