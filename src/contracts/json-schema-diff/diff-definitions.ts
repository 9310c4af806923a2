import { escapeToken } from '#contracts/json/pointer';
import { childEntries, type SchemaPlace } from '#contracts/json-schema/schema-place';
import {
  type FoundChange,
  type InnerPair,
  isSame,
  type PairDifferences,
  type SchemaPair,
} from '#contracts/json-schema-diff/schema-pair';
import { show } from '#contracts/json-schema-diff/show';

interface Definition {
  readonly place: SchemaPlace;
  readonly path: string;
}

/**
 * Compares the definitions at the root of two schemas by their names, whichever of the two keywords holds them. By itself
 * a definition decides nothing. `isKnown` says of one of the older side that it was compared already.
 */
export function diffDefinitions(
  { older, newer }: SchemaPair,
  isKnown: (place: SchemaPlace) => boolean,
): PairDifferences {
  const [was, is] = [definitionsOf(older), definitionsOf(newer)];
  const changes: FoundChange[] = [];
  const inner: InnerPair[] = [];
  for (const [name, { place, path }] of was) {
    const other = is.get(name);
    if (other === undefined) {
      const message = `Definition ${show(name)} was removed`;
      changes.push({ rule: 'definition-removed', message, effect: 'none', was: path });
    } else if (!isKnown(place) && !isSame(place.schema, other.place.schema)) {
      inner.push({ older: place, newer: other.place, context: 'unused' });
    }
  }
  for (const [name, { path }] of is) {
    if (was.has(name)) continue;
    const message = `Definition ${show(name)} was added`;
    changes.push({ rule: 'definition-added', message, effect: 'none', is: path });
  }
  return { changes, inner };
}

function definitionsOf(place: SchemaPlace): ReadonlyMap<string, Definition> {
  return new Map(
    ['definitions', '$defs'].flatMap((keyword) =>
      childEntries(place, keyword).map(([name, child]): [string, Definition] => [
        name,
        { place: child, path: `${keyword}/${escapeToken(name)}` },
      ]),
    ),
  );
}
