/** Where something begins in a text. Both count from 1; a column is one character (code point). */
export interface WitPlace {
  readonly line: number;
  readonly column: number;
}

/** What kind of rule a text breaks. */
export type WitRule =
  | 'borrow'
  | 'constructor'
  | 'cycle'
  | 'duplicate'
  | 'empty'
  | 'gate'
  | 'handle'
  | 'lexical'
  | 'limit'
  | 'name'
  | 'package'
  | 'syntax'
  | 'version'
  | 'world';

/** One place where a text is not valid WIT. */
export interface WitFault extends WitPlace {
  readonly message: string;
  readonly rule: WitRule;
}

/** An identifier without its `%`, and where it stands (at the `%` when there is one). */
export interface WitName {
  readonly text: string;
  readonly at: WitPlace;
}

export interface WitPackageName {
  readonly namespace: WitName;
  readonly name: WitName;
  readonly version: string | undefined;
}

/** `@since`, `@unstable` or `@deprecated`. */
export type WitGate =
  | { readonly kind: 'since'; readonly version: string }
  | { readonly kind: 'unstable'; readonly feature: string }
  | { readonly kind: 'deprecated'; readonly version: string };

/** What every item that can be documented and gated carries. `docs` holds lines without comment marks. */
export interface WitNoted {
  readonly docs: string | undefined;
  readonly gates: readonly WitGate[];
}

export const WIT_PRIMITIVES = [
  'bool',
  'char',
  'f32',
  'f64',
  's16',
  's32',
  's64',
  's8',
  'string',
  'u16',
  'u32',
  'u64',
  'u8',
] as const;
export type WitPrimitive = (typeof WIT_PRIMITIVES)[number];

export type WitType = { readonly at: WitPlace } & (
  | { readonly kind: 'primitive'; readonly name: WitPrimitive }
  | { readonly kind: 'named'; readonly name: WitName }
  | { readonly kind: 'own' | 'borrow'; readonly resource: WitName }
  | { readonly kind: 'list'; readonly element: WitType; readonly length: number | undefined }
  | { readonly kind: 'option'; readonly element: WitType }
  | { readonly kind: 'future' | 'stream'; readonly element: WitType | undefined }
  | {
      readonly kind: 'result';
      readonly ok: WitType | undefined;
      readonly error: WitType | undefined;
    }
  | { readonly kind: 'tuple'; readonly elements: readonly WitType[] }
  | { readonly kind: 'map'; readonly key: WitType; readonly value: WitType }
);

export interface WitParam {
  readonly name: WitName;
  readonly type: WitType;
}

export interface WitSignature {
  readonly async: boolean;
  readonly params: readonly WitParam[];
  readonly result: WitType | undefined;
}

export interface WitField extends WitParam {
  readonly docs: string | undefined;
}

export interface WitCase {
  readonly docs: string | undefined;
  readonly name: WitName;
  readonly type: WitType | undefined;
}

export interface WitLabel {
  readonly docs: string | undefined;
  readonly name: WitName;
}

/** A function of a resource. `at` is its name, or the word `constructor`. */
export type WitMember = WitNoted & {
  readonly at: WitPlace;
  readonly signature: WitSignature;
} & (
    | { readonly kind: 'constructor' }
    | { readonly kind: 'method' | 'static'; readonly name: WitName }
  );

export type WitTypeDefinition = WitNoted & { readonly name: WitName } & (
    | { readonly kind: 'alias'; readonly type: WitType }
    | { readonly kind: 'record'; readonly fields: readonly WitField[] }
    | { readonly kind: 'variant'; readonly cases: readonly WitCase[] }
    | { readonly kind: 'enum' | 'flags'; readonly labels: readonly WitLabel[] }
    | { readonly kind: 'resource'; readonly members: readonly WitMember[] }
  );

export interface WitFunction extends WitNoted {
  readonly kind: 'function';
  readonly name: WitName;
  readonly signature: WitSignature;
}

/** An interface or world, of the same package (`package` undefined) or of another. */
export interface WitPath {
  readonly package: WitPackageName | undefined;
  readonly name: WitName;
}

export interface WitUse extends WitNoted {
  readonly kind: 'use';
  readonly path: WitPath;
  readonly names: readonly { readonly name: WitName; readonly as: WitName | undefined }[];
}

export type WitInterfaceItem = WitFunction | WitTypeDefinition | WitUse;

export interface WitInterface extends WitNoted {
  readonly kind: 'interface';
  readonly name: WitName;
  readonly items: readonly WitInterfaceItem[];
}

/** What a world imports or exports: a path, a path under a name of its own, a function, an interface in place. */
export type WitExtern =
  | { readonly kind: 'path'; readonly path: WitPath }
  | { readonly kind: 'labelled'; readonly name: WitName; readonly path: WitPath }
  | { readonly kind: 'function'; readonly name: WitName; readonly signature: WitSignature }
  | {
      readonly kind: 'interface';
      readonly name: WitName;
      readonly items: readonly WitInterfaceItem[];
    };

export interface WitPort extends WitNoted {
  readonly kind: 'import' | 'export';
  readonly extern: WitExtern;
}

export interface WitInclude extends WitNoted {
  readonly kind: 'include';
  readonly path: WitPath;
  readonly renames: readonly { readonly name: WitName; readonly as: WitName }[];
}

export type WitWorldItem = WitInclude | WitPort | WitTypeDefinition | WitUse;

export interface WitWorld extends WitNoted {
  readonly kind: 'world';
  readonly name: WitName;
  readonly items: readonly WitWorldItem[];
}

/** A `use` beside interfaces and worlds: a name for the rest of its file alone. */
export interface WitFileUse {
  readonly kind: 'file-use';
  readonly path: WitPath;
  readonly as: WitName | undefined;
}

export type WitItem = WitFileUse | WitInterface | WitWorld;

/** The `package` line of a file or the head of a nested package. */
export interface WitPackageHead {
  readonly docs: string | undefined;
  readonly name: WitPackageName;
}

export interface WitNestedPackage {
  readonly kind: 'package';
  readonly head: WitPackageHead;
  readonly items: readonly WitItem[];
}

/** One text, as read. */
export interface WitFile {
  readonly head: WitPackageHead | undefined;
  readonly items: readonly (WitItem | WitNestedPackage)[];
}
