import { placesOf, type TextPlace } from '#contracts/json/text-place';

/** What kind of rule a JSON text breaks. */
export type JsonRule =
  | 'json-syntax'
  | 'json-duplicate-key'
  | 'json-number'
  | 'json-surrogate'
  | 'json-depth'
  | 'json-size';

/** One place where a text is not strict JSON. */
export interface JsonFault extends TextPlace {
  readonly rule: JsonRule;
  readonly message: string;
}

/** The most faults that are told of one text: beyond them another reading tells more than a longer list. */
export const JSON_FAULTS_MAX = 50;

/** Collects the faults of one text, at most `JSON_FAULTS_MAX`. */
export class JsonFaults {
  readonly list: JsonFault[] = [];
  readonly #text: string;
  #places: ((offset: number) => TextPlace) | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  /** Whether no more will be told. */
  get isFull(): boolean {
    return this.list.length >= JSON_FAULTS_MAX;
  }

  /** Notes a fault at an offset. Answers `undefined`, so that who cannot go on may return it. */
  add(rule: JsonRule, offset: number, message: string): undefined {
    if (this.isFull) return undefined;
    this.list.push({ ...this.placeAt(offset), rule, message });
    return undefined;
  }

  /** Turns an offset into a place. */
  placeAt(offset: number): TextPlace {
    // Nearly every text has no fault, and then its lines need not be counted.
    this.#places ??= placesOf(this.#text);
    return this.#places(offset);
  }
}
