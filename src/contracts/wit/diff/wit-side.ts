import { compatibleId, isOwnId } from '#contracts/wit/diff/compatible-id';
import type {
  ResolvedExtern,
  ResolvedFunction,
  ResolvedInterface,
  ResolvedPackage,
  ResolvedShape,
  ResolvedType,
  ResolvedWorld,
  WitRef,
  WitResolution,
} from '#contracts/wit/resolved';

/** One package in a resolution without faults. What `checkWit` calls valid is one. */
export interface WitSubject {
  readonly packageId: string;
  readonly resolution: Extract<WitResolution, { readonly kind: 'resolved' }>;
}

/** Gives equal texts equal numbers. Shared by both sides, so that structures are compared by number. */
export class StructureNumbers {
  readonly #numbers = new Map<string, number>();

  of(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    const made = this.#numbers.size;
    this.#numbers.set(text, made);
    return made;
  }
}

type NumberOfKey = (key: string) => number;

/**
 * One of the two texts, with a number for the structure of every type. Aliases are what they stand for, names of types do
 * not count but those of resources. Types are numbered after what they need, once each: no depth or sharing of types
 * costs more than their text.
 */
export class WitSide {
  readonly pack: ResolvedPackage;
  readonly #subject: WitSubject;
  readonly #numbers: StructureNumbers;
  readonly #structures = new Map<string, number>();
  readonly #shared = new Map<string, number>();

  /** @throws RangeError when the package is not in the resolution */
  constructor(subject: WitSubject, numbers: StructureNumbers) {
    const { packageId, resolution } = subject;
    const pack = resolution.packages.find(({ id }) => id === packageId);
    if (pack === undefined) {
      throw new RangeError(
        `Cannot compare WIT package "${packageId}": is not in its resolution (want one that is)`,
      );
    }
    this.pack = pack;
    this.#subject = subject;
    this.#numbers = numbers;
    for (const one of resolution.interfaces.values()) this.#add(one.types.values());
    for (const { worlds } of resolution.packages) {
      for (const world of worlds.values()) this.#add(worldTypes(world));
    }
  }

  id(id: string): string {
    return compatibleId(id, this.#subject.packageId);
  }

  interface(id: string): ResolvedInterface | undefined {
    return this.#subject.resolution.interfaces.get(id);
  }

  /** Lists the keys of the types of the own package, in the form that both sides share. */
  ownTypes(): readonly string[] {
    return [...this.#structures.keys()].map((key) => this.id(key)).filter(isOwnId);
  }

  /** Takes note of own types that both sides have: a difference of such a type is told where it is defined. */
  share(keys: ReadonlySet<string>): void {
    for (const key of this.#structures.keys()) {
      const id = this.id(key);
      if (keys.has(id)) this.#shared.set(key, this.#numbers.of(`shared ${id}`));
    }
  }

  /** Numbers a type by its whole structure. */
  structure(ref: WitRef | undefined): number {
    return this.#ref(ref, this.#structureOf);
  }

  /** Numbers a type by how it is written; types that both sides share count by name. */
  spelling(ref: WitRef | undefined): number {
    return this.#ref(ref, this.#spellingOf);
  }

  /** Numbers a signature by its whole structure, names of parameters included. */
  signature(value: ResolvedFunction): number {
    const params = value.params.map(({ name, type }) => `${name}:${this.structure(type)}`);
    const word = value.async ? 'async func' : 'func';
    return this.#numbers.of(`${word}(${params.join()})${this.structure(value.result)}`);
  }

  #add(types: Iterable<ResolvedType>): void {
    for (const { key, shape } of types) {
      if (!this.#structures.has(key)) this.#structures.set(key, this.#shape(shape, key));
    }
  }

  // A key without a number would mean that definitions came before what they need: then it stands for itself alone.
  readonly #structureOf: NumberOfKey = (key) =>
    this.#structures.get(key) ?? this.#numbers.of(`unknown ${this.id(key)}`);

  readonly #spellingOf: NumberOfKey = (key) => this.#shared.get(key) ?? this.#structureOf(key);

  #shape(shape: ResolvedShape, key: string): number {
    const numbers = this.#numbers;
    switch (shape.kind) {
      case 'alias':
        return this.structure(shape.type);
      case 'resource':
        return numbers.of(`resource ${this.id(key)}`);
      case 'record': {
        const fields = shape.fields.map(({ name, type }) => `${name}:${this.structure(type)}`);
        return numbers.of(`record{${fields.join()}}`);
      }
      case 'variant': {
        const cases = shape.cases.map(({ name, type }) => `${name}:${this.structure(type)}`);
        return numbers.of(`variant{${cases.join()}}`);
      }
      case 'enum':
      case 'flags':
        return numbers.of(`${shape.kind}{${shape.labels.map(({ name }) => name).join()}}`);
      default:
        return shape satisfies never;
    }
  }

  #ref(ref: WitRef | undefined, ofKey: NumberOfKey): number {
    if (ref === undefined) return this.#numbers.of('_');
    const inner = (part: WitRef | undefined) => this.#ref(part, ofKey);
    switch (ref.kind) {
      case 'primitive':
        return this.#numbers.of(ref.name);
      case 'type':
        return ofKey(ref.key);
      case 'own':
      case 'borrow':
        return this.#numbers.of(`${ref.kind}<${ofKey(ref.key)}>`);
      case 'tuple':
        return this.#numbers.of(`tuple<${ref.elements.map(inner).join()}>`);
      case 'result':
        return this.#numbers.of(`result<${inner(ref.ok)},${inner(ref.error)}>`);
      case 'map':
        return this.#numbers.of(`map<${inner(ref.key)},${inner(ref.value)}>`);
      case 'list':
        return this.#numbers.of(`list<${inner(ref.element)},${ref.length ?? '_'}>`);
      case 'option':
      case 'future':
      case 'stream':
        return this.#numbers.of(`${ref.kind}<${inner(ref.element)}>`);
      default:
        return ref satisfies never;
    }
  }
}

function worldTypes({ imports }: ResolvedWorld): readonly ResolvedType[] {
  return [...imports.values()].flatMap((extern: ResolvedExtern) =>
    extern.kind === 'type' ? [extern.value] : [],
  );
}
