import { pointerOf } from '#contracts/json/pointer';
import { isJsonObject, type Json, type JsonObject } from '#domain/canonical-json';
import { quote } from '#domain/errors';
import type { LineageFacets } from '#lineage/lineage-event';
import type { LineageFaults } from '#lineage/lineage-fault';
import { LINEAGE_FACET_NAME_UNITS_MAX, LINEAGE_FACETS_MAX } from '#lineage/lineage-limits';

export interface ObjectPlace {
  readonly value: JsonObject;
  /** The JSON Pointer of the object. */
  readonly path: string;
  readonly faults: LineageFaults;
}

/**
 * Reads the members of one object of an event and notes every fault with its path. What a method answers after a fault
 * only keeps reading going: an event with faults is never used.
 */
export class ObjectReader {
  readonly value: JsonObject;
  readonly path: string;
  readonly #faults: LineageFaults;

  constructor({ value, path, faults }: ObjectPlace) {
    this.value = value;
    this.path = path;
    this.#faults = faults;
  }

  has(key: string): boolean {
    return Object.hasOwn(this.value, key);
  }

  /** Reads a text that must be there. `unitsMax` counts UTF-16 units. */
  text(key: string, unitsMax: number): string {
    const value = this.value[key];
    if (typeof value !== 'string') {
      this.refuse(key, { is: describe(value), want: 'a string' });
      return '';
    }
    if (value.length > unitsMax) {
      const is = `has ${value.length} characters`;
      this.refuse(key, { is, want: `at most ${unitsMax}`, rule: 'value' });
    }
    return value;
  }

  /** Reads a text that must be there and not be empty. */
  name(key: string, unitsMax: number): string {
    const text = this.text(key, unitsMax);
    if (this.value[key] === '') {
      this.refuse(key, { is: 'is empty', want: 'at least one character', rule: 'value' });
    }
    return text;
  }

  /** Reads an object that must be there. */
  object(key: string): ObjectReader | undefined {
    const value = this.value[key];
    if (isJsonObject(value)) return this.#inner(value, `${this.path}${pointerOf([key])}`);
    this.refuse(key, { is: describe(value), want: 'an object' });
    return undefined;
  }

  /** Reads an array of objects that may be absent. */
  objects(key: string, countMax: number): readonly ObjectReader[] {
    if (!this.has(key)) return [];
    const items = this.value[key];
    if (!Array.isArray(items)) {
      this.refuse(key, { is: describe(items), want: 'an array' });
      return [];
    }
    if (items.length > countMax) {
      const is = `has ${items.length} items`;
      this.refuse(key, { is, want: `at most ${countMax}`, rule: 'value' });
      return [];
    }
    return (items as readonly Json[]).flatMap((item, index) => {
      const path = `${this.path}/${key}/${index}`;
      if (isJsonObject(item)) return [this.#inner(item, path)];
      const message = `Cannot read item ${index} of ${quote(key)}: ${describe(item)} (want an object)`;
      this.#faults.add({ rule: 'schema', path, message });
      return [];
    });
  }

  /** Reads facets that may be absent. Only what every facet has in common is judged. */
  facets(key: string, { isDeletable }: { readonly isDeletable: boolean }): LineageFacets {
    if (!this.has(key)) return {};
    const facets = this.object(key);
    if (facets === undefined) return {};
    const names = Object.keys(facets.value);
    if (names.length > LINEAGE_FACETS_MAX) {
      const is = `has ${names.length} facets`;
      this.refuse(key, { is, want: `at most ${LINEAGE_FACETS_MAX}`, rule: 'value' });
      return {};
    }
    for (const name of names) facets.#checkFacet(name, isDeletable);
    return facets.value as LineageFacets;
  }

  /** Notes that a member is wrong. `rule` is `schema` where nothing else is said. */
  refuse(
    key: string,
    fault: { readonly is: string; readonly want: string; readonly rule?: 'schema' | 'value' },
  ): void {
    this.#faults.add({
      rule: fault.rule ?? 'schema',
      path: `${this.path}${pointerOf([key])}`,
      message: `Cannot read member ${quote(key)}: ${fault.is} (want ${fault.want})`,
    });
  }

  #checkFacet(name: string, isDeletable: boolean): void {
    if (name.length > LINEAGE_FACET_NAME_UNITS_MAX) {
      const is = `its name has ${name.length} characters`;
      this.refuse(name, { is, want: `at most ${LINEAGE_FACET_NAME_UNITS_MAX}`, rule: 'value' });
      return;
    }
    const facet = this.object(name);
    if (facet === undefined) return;
    for (const key of ['_producer', '_schemaURL']) {
      // Their length is bounded by that of the event, as all else in a facet.
      facet.text(key, Number.POSITIVE_INFINITY);
    }
    const isDeleted = facet.value['_deleted'];
    if (isDeletable && isDeleted !== undefined && typeof isDeleted !== 'boolean') {
      facet.refuse('_deleted', { is: describe(isDeleted), want: 'a boolean' });
    }
  }

  #inner(value: JsonObject, path: string): ObjectReader {
    return new ObjectReader({ value, path, faults: this.#faults });
  }
}

function describe(value: Json | undefined): string {
  if (value === undefined) return 'is missing';
  if (value === null) return 'is null';
  if (Array.isArray(value)) return 'is an array';
  return typeof value === 'object' ? 'is an object' : `is a ${typeof value}`;
}
