import { pointerOf } from '#contracts/json/pointer';
import { dialectOf } from '#contracts/json-schema/dialect';
import type { LintFindings } from '#contracts/json-schema/lint/lint-findings';
import type { Json, JsonObject } from '#domain/canonical-json';

/** The most subschemas. Every object and every boolean counts as one, because a reference may make it one. */
export const SUBSCHEMAS_MAX = 50_000;

/** The most members of one object, and so of `properties`. */
export const OBJECT_MEMBERS_MAX = 10_000;

/** The most units of all pointers to subschemas together: one long key above many of them would fill the memory. */
export const POINTER_UNITS_MAX = 33_554_432;

/** The most subschemas with a URI of their own. */
export const SCHEMA_RESOURCES_MAX = 1_000;

/** The most units of one reference, and of the identifiers around one subschema together, which make its base URI. */
export const SCHEMA_URI_UNITS_MAX = 4_096;

const REFERENCES = ['$ref', '$dynamicRef', '$recursiveRef'] as const;

/**
 * Checks that a schema is small enough for whatever is done with it later. Says whether it is; only then may the other
 * checks run, some of which cost the product of two of these numbers.
 */
export function checkLimits(schema: Json, findings: LintFindings): boolean {
  const measure = new Measure(findings);
  measure.value(schema, { pointerUnits: 0, baseUnits: 0, isOldest: false });
  const whole: readonly (readonly [count: number, max: number, what: string])[] = [
    [measure.subschemas, SUBSCHEMAS_MAX, 'objects and booleans'],
    [measure.pointerUnits, POINTER_UNITS_MAX, 'units in the pointers to its subschemas'],
    [measure.resources, SCHEMA_RESOURCES_MAX, 'identifiers'],
  ];
  for (const [count, max, what] of whole) if (count > max) measure.tooLarge(count, max, what);
  return measure.isSmall;
}

/** How long the way to a value is: of its pointer, and of the identifiers on it. */
interface Way {
  readonly pointerUnits: number;
  readonly baseUnits: number;
  /** Whether draft-04 was named on the way, in which identifiers are called `id`. */
  readonly isOldest: boolean;
}

/** Adds up one schema. Recursion is as deep as the text is nested, which strict JSON bounds. */
class Measure {
  subschemas = 0;
  pointerUnits = 0;
  resources = 0;
  isSmall = true;
  readonly #findings: LintFindings;
  readonly #trail: (string | number)[] = [];

  constructor(findings: LintFindings) {
    this.#findings = findings;
  }

  tooLarge(count: number, max: number, what: string): void {
    this.isSmall = false;
    this.#findings.fault(
      'schema-too-large',
      { pointer: pointerOf(this.#trail), document: '' },
      `Cannot accept schema: has ${count} ${what} (want at most ${max})`,
    );
  }

  value(value: Json, way: Way): void {
    if (typeof value === 'boolean') this.#count(way);
    else if (Array.isArray(value)) {
      value.forEach((item: Json, index) => this.#inside(index, item, way));
    } else if (typeof value === 'object' && value !== null) {
      this.#object(value as JsonObject, way);
    }
  }

  #object(schema: JsonObject, way: Way): void {
    this.#count(way);
    const entries = Object.entries(schema);
    if (entries.length > OBJECT_MEMBERS_MAX) {
      this.tooLarge(entries.length, OBJECT_MEMBERS_MAX, 'members in one object');
    }
    const isOldest = way.isOldest || dialectOf(textOf(schema['$schema'])) === 'draft-04';
    const baseUnits = way.baseUnits + this.#identifierUnits(schema, isOldest);
    if (baseUnits > SCHEMA_URI_UNITS_MAX) {
      this.tooLarge(baseUnits, SCHEMA_URI_UNITS_MAX, 'units in the identifiers around one place');
    }
    for (const keyword of REFERENCES) {
      const { length } = textOf(schema[keyword]);
      if (length > SCHEMA_URI_UNITS_MAX) {
        this.tooLarge(length, SCHEMA_URI_UNITS_MAX, 'units in one reference');
      }
    }
    for (const [key, value] of entries) this.#inside(key, value, { ...way, baseUnits, isOldest });
  }

  #identifierUnits(schema: JsonObject, isOldest: boolean): number {
    // Elsewhere `id` is a name that data has too, in examples and defaults.
    const units = textOf(schema['$id']).length + (isOldest ? textOf(schema['id']).length : 0);
    if (units > 0) this.resources += 1;
    return units;
  }

  #inside(token: string | number, value: Json, way: Way): void {
    const units = typeof token === 'string' ? token.length + 1 : 1;
    this.#trail.push(token);
    this.value(value, { ...way, pointerUnits: way.pointerUnits + units });
    this.#trail.pop();
  }

  #count(way: Way): void {
    this.subschemas += 1;
    this.pointerUnits += way.pointerUnits;
  }
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
