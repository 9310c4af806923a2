import { setImmediate as nextTurn } from 'node:timers/promises';
import { RegistryError } from '#domain/errors';

/** How a JSON text may be built. */
export interface JsonShapeLimits {
  /** Arrays and objects inside each other. */
  readonly jsonDepthMax: number;
  /** Items of one array, or members of one object. */
  readonly jsonItemsMax: number;
}

const QUOTE = 34;
const COMMA = 44;
const BACKSLASH = 92;
const OPEN_ARRAY = 91;
const CLOSE_ARRAY = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;
/** What is looked at in one turn of the event loop: some 2 ms. */
const TURN_UNITS = 1_048_576;

/**
 * Looks at how a JSON text is built before anybody reads it: a reader recurses, or makes a million values, before it can
 * say that these are too many. Ends at the first that is over a limit, and lets others have their turn in long texts.
 * What is no JSON is for the reader to tell.
 * @throws TOO_LARGE
 */
export async function checkJsonShape(text: string, limits: JsonShapeLimits): Promise<void> {
  // Nothing that short can be over either.
  if (text.length <= limits.jsonDepthMax) return;
  const scan = new Scan(text, limits);
  while (scan.advance()) await nextTurn();
}

class Scan {
  readonly #text: string;
  readonly #limits: JsonShapeLimits;
  /** Commas of each array and object that is open. */
  readonly #commas: Int32Array;
  #depth = 0;
  #at = 0;
  #isInText = false;

  constructor(text: string, limits: JsonShapeLimits) {
    this.#text = text;
    this.#limits = limits;
    this.#commas = new Int32Array(limits.jsonDepthMax + 1);
  }

  /** Looks at what fits into one turn. Gives whether there is more. @throws TOO_LARGE */
  advance(): boolean {
    const { jsonDepthMax, jsonItemsMax } = this.#limits;
    const [text, commas] = [this.#text, this.#commas];
    const untilAt = Math.min(text.length, this.#at + TURN_UNITS);
    let depth = this.#depth;
    let at = this.#at;
    // Kept from turn to turn: one text may be all of a body.
    let isInText = this.#isInText;
    for (; at < untilAt; at += 1) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) isInText = !isInText;
      else if (isInText) {
        // What is escaped ends nothing.
        if (code === BACKSLASH) at += 1;
      } else if (code === COMMA) {
        const count = (commas[depth] ?? 0) + 1;
        if (count >= jsonItemsMax) throw tooMany(jsonItemsMax);
        commas[depth] = count;
      } else if (code === OPEN_ARRAY || code === OPEN_OBJECT) {
        depth += 1;
        if (depth > jsonDepthMax) throw tooDeep(jsonDepthMax);
        commas[depth] = 0;
      } else if ((code === CLOSE_ARRAY || code === CLOSE_OBJECT) && depth > 0) depth -= 1;
    }
    this.#depth = depth;
    this.#at = at;
    this.#isInText = isInText;
    return at < text.length;
  }
}

function tooDeep(jsonDepthMax: number): RegistryError {
  return new RegistryError(
    'TOO_LARGE',
    `Cannot read the body: it nests deeper (want at most ${jsonDepthMax} arrays and objects inside each other)`,
    { details: { jsonDepthMax }, outcome: 'not-applied' },
  );
}

function tooMany(jsonItemsMax: number): RegistryError {
  return new RegistryError(
    'TOO_LARGE',
    `Cannot read the body: one of its arrays or objects holds more (want at most ${jsonItemsMax} items or members)`,
    { details: { jsonItemsMax }, outcome: 'not-applied' },
  );
}
