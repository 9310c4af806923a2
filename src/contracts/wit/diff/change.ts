/**
 * Names who may no longer rely on an item. Of an interface, the `importer` calls it and the `exporter` provides it, each
 * built against the older text. Of a world, the `component` was built for the older world and the `host` runs components
 * of the older one: the component needs the world's imports and gives its exports, the host the other way round.
 */
export type WitRole = 'importer' | 'exporter' | 'component' | 'host';

/** What has named parts in an order that counts. */
export type WitPartKind = 'param' | 'record-field' | 'variant-case' | 'enum-label' | 'flag';

type WitPartRule =
  | `${WitPartKind}-${'added' | 'removed' | 'renamed'}`
  | `${WitPartKind}s-reordered`
  | `${'param' | 'record-field' | 'variant-case'}-type-changed`;

/** The closed list of what a change can be. */
export type WitChangeRule =
  | 'package-renamed'
  | 'package-version-incompatible'
  | `${'interface' | 'world' | 'function' | 'type' | 'import' | 'export'}-${'added' | 'removed'}`
  | `${'type' | 'import' | 'export' | 'result' | 'async' | 'gate' | 'docs'}-changed`
  | `${'signature' | 'type'}-respelled`
  | WitPartRule;

/** One difference between two texts of a package. */
export interface WitChange {
  readonly rule: WitChangeRule;
  /** Without versions: `wasi:http/types#fields.get`, `world wasi:cli/command import wasi:io/poll`. */
  readonly item: string;
  /** The item as it was, in WIT on one line, cut at `WIT_EXCERPT_LENGTH_MAX`. */
  readonly before: string | undefined;
  readonly after: string | undefined;
  /** One sentence without a full stop. */
  readonly message: string;
  /** Who can no longer rely on the item, in the order of `WitRole`. Empty: nobody is broken. */
  readonly breaks: readonly WitRole[];
  /** Says that something was added that others may use from now. */
  readonly feature: boolean;
}
