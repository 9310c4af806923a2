import type { WitFault, WitGate, WitPrimitive } from '#contracts/wit/ast';

/**
 * A type where it is used. `key` names a definition of the whole resolution: `<interface or world id>#<name>`. A resource
 * that is named bare is `own`; only an alias keeps it as `type`.
 */
export type WitRef =
  | { readonly kind: 'primitive'; readonly name: WitPrimitive }
  | { readonly kind: 'type' | 'own' | 'borrow'; readonly key: string }
  | { readonly kind: 'list'; readonly element: WitRef; readonly length: number | undefined }
  | { readonly kind: 'option'; readonly element: WitRef }
  | { readonly kind: 'future' | 'stream'; readonly element: WitRef | undefined }
  | { readonly kind: 'result'; readonly ok: WitRef | undefined; readonly error: WitRef | undefined }
  | { readonly kind: 'tuple'; readonly elements: readonly WitRef[] }
  | { readonly kind: 'map'; readonly key: WitRef; readonly value: WitRef };

export interface ResolvedPart {
  readonly name: string;
  readonly docs: string | undefined;
}

export interface ResolvedField extends ResolvedPart {
  readonly type: WitRef;
}

export interface ResolvedCase extends ResolvedPart {
  readonly type: WitRef | undefined;
}

export type ResolvedShape =
  | { readonly kind: 'alias'; readonly type: WitRef }
  | { readonly kind: 'record'; readonly fields: readonly ResolvedField[] }
  | { readonly kind: 'variant'; readonly cases: readonly ResolvedCase[] }
  | { readonly kind: 'enum' | 'flags'; readonly labels: readonly ResolvedPart[] }
  | { readonly kind: 'resource' };

export interface ResolvedType extends ResolvedPart {
  readonly key: string;
  readonly gates: readonly WitGate[];
  readonly shape: ResolvedShape;
}

export interface ResolvedFunction extends ResolvedPart {
  readonly kind: 'freestanding' | 'constructor' | 'method' | 'static';
  readonly async: boolean;
  readonly gates: readonly WitGate[];
  readonly params: readonly { readonly name: string; readonly type: WitRef }[];
  readonly result: WitRef | undefined;
}

/** An interface. The id is `namespace:package/name@version`; of one in place `<world id>#<import|export>:<name>`. */
export interface ResolvedInterface {
  readonly id: string;
  readonly docs: string | undefined;
  readonly gates: readonly WitGate[];
  readonly types: ReadonlyMap<string, ResolvedType>;
  /** By full name, such as `[method]file.read`. */
  readonly functions: ReadonlyMap<string, ResolvedFunction>;
}

export type ResolvedExtern =
  | { readonly kind: 'interface'; readonly id: string; readonly gates: readonly WitGate[] }
  | { readonly kind: 'function'; readonly value: ResolvedFunction }
  | { readonly kind: 'type'; readonly value: ResolvedType };

/** A world with all that it needs: interfaces that its imports and exports use are among its imports. */
export interface ResolvedWorld {
  readonly id: string;
  readonly docs: string | undefined;
  readonly gates: readonly WitGate[];
  /** By name, or by the id of the interface where it has no name of its own. */
  readonly imports: ReadonlyMap<string, ResolvedExtern>;
  readonly exports: ReadonlyMap<string, ResolvedExtern>;
}

export interface ResolvedPackage {
  /** `namespace:name@version`, without `@` where there is no version. */
  readonly id: string;
  readonly docs: string | undefined;
  readonly interfaces: ReadonlyMap<string, ResolvedInterface>;
  readonly worlds: ReadonlyMap<string, ResolvedWorld>;
}

/** A fault in one of several texts. */
export interface WitSourceFault extends WitFault {
  readonly path: string;
}

export type WitResolution =
  | {
      readonly kind: 'resolved';
      readonly packages: readonly ResolvedPackage[];
      /** Every interface by id, those in place too. */
      readonly interfaces: ReadonlyMap<string, ResolvedInterface>;
    }
  | { readonly kind: 'refused'; readonly faults: readonly WitSourceFault[] };
