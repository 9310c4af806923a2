import type { WitName, WitNoted, WitPlace, WitRule, WitType } from '#contracts/wit/ast';
import { judgeGates, type WitFaultList } from '#contracts/wit/gates';
import type { FileScope, PathFinder } from '#contracts/wit/packages';
import type {
  ResolvedInterface,
  ResolvedShape,
  ResolvedType,
  ResolvedWorld,
  WitRef,
} from '#contracts/wit/resolved';
import { quote } from '#domain/errors';

/** Why a declared name has no type: its feature is off, or a fault about it was told. */
type Hidden = 'excluded' | 'wrong';

/** What one resolution knows so far. */
export interface ResolutionState {
  readonly finder: PathFinder;
  readonly faults: WitFaultList;
  readonly features: ReadonlySet<string>;
  readonly interfaces: Map<string, ResolvedInterface>;
  readonly worlds: Map<string, ResolvedWorld>;
  /** By interface or world id: its names without a type. An interface that is excluded itself stands in `excluded`. */
  readonly hidden: Map<string, ReadonlyMap<string, Hidden>>;
  readonly excluded: Set<string>;
  /** The type keys that are resources or aliases of one. */
  readonly resources: Set<string>;
  /** The type keys that hold a borrowed handle somewhere. */
  readonly borrowing: Set<string>;
  /** How much may still be done for worlds; below 0 the resolution ends. */
  stepsLeft: number;
}

/** The types of one interface or world while it is resolved. */
export class ItemScope {
  readonly types = new Map<string, ResolvedType>();
  readonly world: ResolutionState;
  readonly file: FileScope;
  readonly id: string;
  readonly #hidden = new Map<string, Hidden>();
  readonly #claimed = new Set<string>();
  readonly #within: 'included' | 'excluded';

  constructor(
    world: ResolutionState,
    place: { file: FileScope; id: string; within: 'included' | 'excluded' },
  ) {
    this.world = world;
    this.file = place.file;
    this.id = place.id;
    this.#within = place.within;
    world.hidden.set(place.id, this.#hidden);
  }

  tell(at: WitPlace, rule: WitRule, message: string): undefined {
    return this.world.faults.add(this.file.path, at, { rule, message });
  }

  tellUnknown(name: WitName): undefined {
    const message = `Cannot resolve type ${quote(name.text)}: is not defined here (want a defined or used type)`;
    return this.tell(name.at, 'name', message);
  }

  tellHidden(user: WitName): undefined {
    const message = `Cannot resolve ${quote(user.text)}: refers to what is excluded, its feature being off (want the same gate)`;
    return this.tell(user.at, 'gate', message);
  }

  /** Takes a name for this scope; false, with the fault told, when it is taken. */
  claim(name: WitName): boolean {
    if (!this.#claimed.has(name.text)) {
      this.#claimed.add(name.text);
      return true;
    }
    const message = `Cannot define name ${quote(name.text)}: is defined here already (want another name)`;
    this.tell(name.at, 'duplicate', message);
    return false;
  }

  knows(name: string): boolean {
    return this.#claimed.has(name) && (this.types.has(name) || this.#hidden.has(name));
  }

  hide(name: string, why: Hidden): void {
    this.#hidden.set(name, why);
  }

  isHidden(name: string): boolean {
    return this.#hidden.has(name);
  }

  /** Judges the gates of an item. What stands in an excluded one must be excluded itself. */
  judge(item: WitNoted, name: WitName, within = this.#within): 'included' | Hidden {
    const version = this.file.owner.head.name.version;
    const verdict = judgeGates(item.gates, version, this.world.features);
    if (typeof verdict === 'object') {
      const message = `Cannot gate item ${quote(name.text)}: ${verdict.wrong} (want one gate that the package has reached)`;
      this.tell(name.at, 'gate', message);
      return 'wrong';
    }
    if (verdict === 'excluded' || within === 'included') return verdict;
    this.tellHidden(name);
    return 'wrong';
  }

  add(name: string, note: WitNoted, shape: ResolvedShape): void {
    const key = `${this.id}#${name}`;
    const { resources, borrowing } = this.world;
    this.types.set(name, { name, key, docs: note.docs, gates: note.gates, shape });
    const alias = shape.kind === 'alias' && shape.type.kind === 'type' ? shape.type.key : '';
    if (shape.kind === 'resource' || resources.has(alias)) resources.add(key);
    if (refsOf(shape).some((ref) => this.borrows(ref))) borrowing.add(key);
  }

  /** Says that a type holds a borrowed handle somewhere. */
  borrows(ref: WitRef): boolean {
    if (ref.kind === 'borrow') return true;
    if (ref.kind === 'type') return this.world.borrowing.has(ref.key);
    return innerRefs(ref).some((inner) => this.borrows(inner));
  }

  filled(count: number, what: { name: WitName; kind: string }): void {
    if (count > 0) return;
    const message = `Cannot define ${what.kind} ${quote(what.name.text)}: is empty (want at least one case)`;
    this.tell(what.name.at, 'empty', message);
  }

  distinct(parts: readonly { readonly name: WitName }[]): void {
    const seen = new Set<string>();
    for (const { name } of parts) {
      if (seen.has(name.text)) {
        const message = `Cannot define name ${quote(name.text)}: stands here already (want another name)`;
        this.tell(name.at, 'duplicate', message);
      }
      seen.add(name.text);
    }
  }

  /** Resolves a type that an alias names: a resource stays the resource and is no handle. */
  aliasRef(type: WitType, user: WitName): WitRef | undefined {
    if (type.kind !== 'named') return this.ref(type, user);
    const key = this.#key(type.name, user);
    return key === undefined ? undefined : { kind: 'type', key };
  }

  /** Resolves a type; undefined where a fault was told. `user` is the item whose gate must fit. */
  ref(type: WitType, user: WitName): WitRef | undefined {
    switch (type.kind) {
      case 'primitive':
        return { kind: 'primitive', name: type.name };
      case 'named': {
        const key = this.#key(type.name, user);
        if (key === undefined) return undefined;
        return { kind: this.world.resources.has(key) ? 'own' : 'type', key };
      }
      case 'own':
      case 'borrow':
        return this.#handle(type.kind, type.resource, user);
      case 'tuple': {
        const elements = type.elements.flatMap((element) => this.ref(element, user) ?? []);
        return { kind: 'tuple', elements };
      }
      case 'result': {
        const ok = type.ok === undefined ? undefined : this.ref(type.ok, user);
        const error = type.error === undefined ? undefined : this.ref(type.error, user);
        return { kind: 'result', ok, error };
      }
      case 'map':
        return this.#map(type, user);
      case 'future':
      case 'stream': {
        const element = type.element === undefined ? undefined : this.ref(type.element, user);
        return { kind: type.kind, element };
      }
      default: {
        const element = this.ref(type.element, user);
        if (element === undefined) return undefined;
        return type.kind === 'list'
          ? { kind: 'list', element, length: type.length }
          : { kind: 'option', element };
      }
    }
  }

  #map(type: WitType & { kind: 'map' }, user: WitName): WitRef | undefined {
    if (type.key.kind !== 'primitive' || type.key.name.startsWith('f')) {
      const message = `Cannot resolve map: has keys that are no integers, "bool", "char" or "string" (want such keys)`;
      return this.tell(type.key.at, 'name', message);
    }
    const key = this.ref(type.key, user);
    const value = this.ref(type.value, user);
    return key === undefined || value === undefined ? undefined : { kind: 'map', key, value };
  }

  #handle(kind: 'own' | 'borrow', resource: WitName, user: WitName): WitRef | undefined {
    const key = this.#key(resource, user);
    if (key === undefined) return undefined;
    if (this.world.resources.has(key)) return { kind, key };
    const message = `Cannot resolve handle of ${quote(resource.text)}: is no resource (want a resource)`;
    return this.tell(resource.at, 'handle', message);
  }

  #key(name: WitName, user: WitName): string | undefined {
    const type = this.types.get(name.text);
    if (type !== undefined) return type.key;
    const hidden = this.#hidden.get(name.text);
    if (hidden === 'excluded') return this.tellHidden(user);
    return hidden === 'wrong' ? undefined : this.tellUnknown(name);
  }
}

function refsOf(shape: ResolvedShape): readonly WitRef[] {
  switch (shape.kind) {
    case 'alias':
      return [shape.type];
    case 'record':
      return shape.fields.map(({ type }) => type);
    case 'variant':
      return shape.cases.flatMap(({ type }) => type ?? []);
    default:
      return [];
  }
}

function innerRefs(ref: WitRef): readonly WitRef[] {
  switch (ref.kind) {
    case 'tuple':
      return ref.elements;
    case 'map':
      return [ref.key, ref.value];
    case 'result':
      return [ref.ok, ref.error].flatMap((part) => part ?? []);
    case 'list':
    case 'option':
    case 'future':
    case 'stream':
      return ref.element === undefined ? [] : [ref.element];
    default:
      return [];
  }
}
