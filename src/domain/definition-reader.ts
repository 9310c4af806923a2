import { isRegistryError, quote, RegistryError } from '#domain/errors';

/** One thing that is wrong in a definition, and where. */
export type DefinitionFault = {
  /** A JSON pointer (RFC 6901); empty for the whole. */
  readonly path: string;
  readonly message: string;
};

/** One value within a definition, where it is, and where its faults go. */
export interface Part {
  readonly value: unknown;
  readonly path: string;
  readonly faults: DefinitionFaults;
}

/** The members of an object by their names; one that is absent has the value `undefined`. */
export type Members<N extends string> = Readonly<Record<N, Part>>;

/** How many faults one refusal names; the rest is counted. */
export const DEFINITION_FAULTS_MAX = 100;
/** The most tags of one definition. */
export const TAGS_MAX = 32;
/** The most pairs in the metadata of one definition. */
export const METADATA_MAX = 32;
const METADATA_VALUE_MAX = 255;
// As the keys of labels of contracts.
const TAG = /^[a-z0-9][a-z0-9._/-]{0,62}$/;
const TAG_WANTED = '1 to 63 of a-z, 0-9, ".", "_", "/" and "-", not starting with a sign';
const LINE_BREAKS = /[\p{Cc}\u2028\u2029]/u;

/** Collects everything that is wrong in one definition. */
export class DefinitionFaults {
  readonly #list: DefinitionFault[] = [];
  #omitted = 0;

  add(path: string, message: string): void {
    if (this.#list.length < DEFINITION_FAULTS_MAX) this.#list.push({ path, message });
    else this.#omitted += 1;
  }

  /** What was found so far, at most `DEFINITION_FAULTS_MAX`. */
  get list(): readonly DefinitionFault[] {
    return this.#list;
  }

  /** How many are over the limit. */
  get omitted(): number {
    return this.#omitted;
  }

  /** @throws INVALID_REQUEST with all faults, when there are any */
  throwIfAny(noun: string): void {
    const [first] = this.#list;
    if (first === undefined) return;
    const more = this.#list.length + this.#omitted - 1;
    throw new RegistryError(
      'INVALID_REQUEST',
      `Cannot use ${noun}: ${first.path === '' ? 'it' : quote(first.path)} ${first.message}${more === 0 ? '' : ` and ${more} more`}`,
      { details: { faults: this.#list, faultsOmitted: this.#omitted }, outcome: 'not-applied' },
    );
  }
}

/** Reads an object of known members; others are faults. */
export function readObject<N extends string>(
  { value, path, faults }: Part,
  names: readonly N[],
): Members<N> | undefined {
  const entries = entriesOf(value);
  if (entries === undefined) {
    faults.add(path, `is ${describeValue(value)} (want an object)`);
    return undefined;
  }
  const known = new Set<string>(names);
  for (const key of entries.keys()) {
    if (known.has(key)) continue;
    faults.add(below(path, key), `is not known here (want ${names.join(', ')})`);
  }
  const members = names.map((name): [N, Part] => [
    name,
    { value: entries.get(name), path: below(path, name), faults },
  ]);
  return Object.fromEntries(members) as Members<N>;
}

type Complete<R, O> = { readonly [K in keyof R]: Exclude<R[K], undefined> } & {
  readonly [K in keyof O]?: Exclude<O[K], undefined>;
};

/** Puts what was read together: `undefined` when a required part has a fault. Absent optional parts have no member. */
export function complete<R extends object, O extends object>(
  required: R,
  optionals: O,
): Complete<R, O> | undefined {
  if (Object.values(required).includes(undefined)) return undefined;
  const there = Object.entries(optionals).filter(([, value]) => value !== undefined);
  const parts: object = { ...required, ...Object.fromEntries(there) };
  return parts as Complete<R, O>;
}

/** Reads a part that may be absent. */
export function optional<T>(part: Part, read: (part: Part) => T | undefined): T | undefined {
  return part.value === undefined ? undefined : read(part);
}

/** What a text must be. */
export interface TextRule {
  readonly lengthMin?: number;
  readonly lengthMax: number;
  /** Whether it may hold line breaks and other control characters. */
  readonly isMultiline?: boolean;
  readonly pattern?: RegExp;
  /** Says what `pattern` wants. */
  readonly wanted?: string;
}

/** Reads a text, of one line where the rule does not say otherwise. */
export function readText(part: Part, rule: TextRule): string | undefined {
  const { value, path, faults } = part;
  const { lengthMin = 1, lengthMax, pattern } = rule;
  const wanted = rule.wanted ?? `${lengthMin} to ${lengthMax} characters of well-formed text`;
  if (typeof value !== 'string') {
    faults.add(path, `is ${describeValue(value)} (want ${wanted})`);
    return undefined;
  }
  const fits = value.length >= lengthMin && value.length <= lengthMax && value.isWellFormed();
  if (!fits || pattern?.test(value) === false) {
    const is = fits ? quote(value) : `${value.length} characters long or not well-formed`;
    faults.add(path, `is ${is} (want ${wanted})`);
    return undefined;
  }
  if (rule.isMultiline !== true && LINE_BREAKS.test(value)) {
    faults.add(path, 'holds control characters (want text in one line)');
    return undefined;
  }
  return value;
}

/** Reads what a parser takes, which may throw INVALID_NAME or INVALID_REQUEST. */
export function readParsed<T>(part: Part, parse: (text: string) => T): T | undefined {
  if (typeof part.value !== 'string') {
    part.faults.add(part.path, `is ${describeValue(part.value)} (want a text)`);
    return undefined;
  }
  try {
    return parse(part.value);
  } catch (error) {
    if (!isRegistryError(error)) throw error;
    part.faults.add(part.path, `is refused: ${error.message}`);
    return undefined;
  }
}

/** Reads one of a few texts. */
export function readChoice<T extends string>(
  { value, path, faults }: Part,
  choices: readonly T[],
): T | undefined {
  const found = choices.find((choice) => choice === value);
  if (found === undefined)
    faults.add(path, `is ${describeValue(value)} (want ${choices.join(', ')})`);
  return found;
}

/** Reads a whole number within bounds, which count as well. */
export function readWholeNumber(
  { value, path, faults }: Part,
  { min, max }: { readonly min: number; readonly max: number },
): number | undefined {
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max)
    return value;
  faults.add(path, `is ${describeValue(value)} (want a whole number from ${min} to ${max})`);
  return undefined;
}

/** Reads a finite number within bounds, which count as well. */
export function readNumber(
  { value, path, faults }: Part,
  {
    min = -Number.MAX_VALUE,
    max = Number.MAX_VALUE,
  }: { readonly min?: number; readonly max?: number } = {},
): number | undefined {
  if (typeof value === 'number' && value >= min && value <= max) return value;
  faults.add(path, `is ${describeValue(value)} (want a number from ${min} to ${max})`);
  return undefined;
}

/** Reads `true` or `false`. */
export function readFlag({ value, path, faults }: Part): boolean | undefined {
  if (typeof value === 'boolean') return value;
  faults.add(path, `is ${describeValue(value)} (want true or false)`);
  return undefined;
}

/** How long a list may be, and by which text its items must differ. */
export interface ListRule<T> {
  readonly countMin?: number;
  readonly countMax: number;
  readonly keyOf?: (item: T) => string;
}

/** Reads a list; one that is absent is empty. Items with a fault are left out. */
export function readList<T>(
  { value = [], path, faults }: Part,
  { countMin = 0, countMax, keyOf }: ListRule<T>,
  read: (part: Part) => T | undefined,
): readonly T[] {
  if (!Array.isArray(value) || value.length < countMin || value.length > countMax) {
    faults.add(path, `is ${describeValue(value)} (want a list of ${countMin} to ${countMax})`);
    return [];
  }
  const seen = new Map<string, string>();
  const items: T[] = [];
  for (let index = 0; index < value.length; index += 1) {
    const at = below(path, String(index));
    const item = read({ value: value[index] as unknown, path: at, faults });
    if (item === undefined) continue;
    items.push(item);
    const key = keyOf?.(item);
    if (key === undefined) continue;
    const before = seen.get(key);
    if (before !== undefined) faults.add(at, `is the same as ${quote(before)} (want it once)`);
    seen.set(key, at);
  }
  return items;
}

/** Reads an object whose names are free: a rule for each pair, and how many there may be. */
export function readPairs<T>(
  { value = {}, path, faults }: Part,
  countMax: number,
  read: (name: string, part: Part) => T | undefined,
): Readonly<Record<string, T>> {
  const entries = entriesOf(value);
  if (entries === undefined || entries.size > countMax) {
    const is = entries === undefined ? describeValue(value) : `an object of ${entries.size}`;
    faults.add(path, `is ${is} (want an object of at most ${countMax})`);
    return {};
  }
  const found = [...entries].flatMap(([name, one]): [string, T][] => {
    const item = read(name, { value: one, path: below(path, name), faults });
    return item === undefined ? [] : [[name, item]];
  });
  return Object.fromEntries(found);
}

/** Reads the tags of a definition, in order of their text. */
export function readTags(part: Part): readonly string[] {
  const tags = readList(part, { countMax: TAGS_MAX, keyOf: (tag: string) => tag }, (tag) =>
    readText(tag, { lengthMax: 63, pattern: TAG, wanted: TAG_WANTED }),
  );
  return tags.toSorted((a, b) => (a < b ? -1 : 1));
}

/** Reads metadata: names as tags are, each with a text. */
export function readMetadata(part: Part): Readonly<Record<string, string>> {
  return readPairs(part, METADATA_MAX, (name, pair) => {
    if (!TAG.test(name)) {
      pair.faults.add(pair.path, `has a name that is not allowed (want ${TAG_WANTED})`);
      return undefined;
    }
    return readText(pair, { lengthMin: 0, lengthMax: METADATA_VALUE_MAX, isMultiline: true });
  });
}

/** Says what a value is, without calling anything of it. */
export function describeValue(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

// Only what JSON has: an object of another class, such as a date, is no object of it.
function entriesOf(value: unknown): ReadonlyMap<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) return undefined;
  return new Map(Object.entries(value));
}

function below(path: string, name: string): string {
  const shown = name.length > 80 ? `${name.slice(0, 77)}...` : name;
  return `${path}/${shown.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
