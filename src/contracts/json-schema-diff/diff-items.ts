import {
  childList,
  childOf,
  keywordsOf,
  type SchemaPlace,
} from '#contracts/json-schema/schema-place';
import { diffClosing } from '#contracts/json-schema-diff/diff-members';
import {
  type DiffSurroundings,
  type FoundChange,
  type InnerPair,
  isOpen,
  type PairDifferences,
  pathFrom,
  type SchemaPair,
} from '#contracts/json-schema-diff/schema-pair';
import { placed, show } from '#contracts/json-schema-diff/show';

/** The schemas of a list, whatever the draft calls them. */
interface Items {
  readonly tuple: readonly SchemaPlace[];
  /** The schema of all items after those of the tuple. */
  readonly rest: SchemaPlace | undefined;
  readonly restKeyword: string;
}

/** Lists what differs in the items that two schemas allow. */
export function diffItems(pair: SchemaPair, surroundings: DiffSurroundings): PairDifferences {
  const [was, is] = [itemsOf(pair.older), itemsOf(pair.newer)];
  const inner: InnerPair[] = [];
  const changes: FoundChange[] = [];
  const where = placed(pair.newer.pointer);
  for (let index = 0; index < Math.max(was.tuple.length, is.tuple.length); index += 1) {
    const [older, newer] = [was.tuple[index], is.tuple[index]];
    if (older !== undefined && newer !== undefined) inner.push({ older, newer, context: 'plain' });
    else if (newer !== undefined) {
      changes.push({
        rule: 'tuple-item-added',
        message: `Item ${index}${where} got a schema of its own, ${show(newer.schema)}`,
        effect: surroundings.hasUnevaluated ? 'unclear' : comingEffect(newer, was.rest),
        is: pathFrom(pair.newer, newer),
      });
    } else if (older !== undefined) {
      const back = comingEffect(older, is.rest);
      const opposite = back === 'narrows' ? 'widens' : back === 'widens' ? 'narrows' : back;
      changes.push({
        rule: 'tuple-item-removed',
        message: `Item ${index}${where} has no schema of its own any more, which was ${show(older.schema)}`,
        effect: surroundings.hasUnevaluated ? 'unclear' : opposite,
        was: pathFrom(pair.older, older),
      });
    }
  }
  const rest = diffRest(pair, { was, is });
  const unevaluated = diffClosing(pair, 'unevaluatedItems', 'unevaluated-items');
  return {
    changes: [...changes, ...rest.changes, ...unevaluated.changes],
    inner: [...inner, ...rest.inner, ...unevaluated.inner],
  };
}

function diffRest(
  pair: SchemaPair,
  { was, is }: { readonly was: Items; readonly is: Items },
): PairDifferences {
  const rule = was.tuple.length + is.tuple.length > 0 ? 'additional-items' : 'items';
  if (was.restKeyword === is.restKeyword) return diffClosing(pair, was.restKeyword, rule);
  // The drafts, or a tuple on one side, make the keywords differ; what they say of the rest is compared all the same.
  const [older, newer] = [was.rest, is.rest];
  if (older !== undefined && newer !== undefined) {
    return { changes: [], inner: [{ older, newer, context: 'plain' }] };
  }
  if (isOpen(older) && isOpen(newer)) return { changes: [], inner: [] };
  const isAdded = newer !== undefined;
  const kind = newer?.schema === false ? 'closed' : older?.schema === false ? 'opened' : 'changed';
  const change: FoundChange = {
    rule: `${rule}-${kind}`,
    message: `${show(isAdded ? is.restKeyword : was.restKeyword)}${placed(pair.newer.pointer)} was ${isAdded ? 'added' : 'removed'}`,
    effect: isAdded ? 'narrows' : 'widens',
    ...(older === undefined ? {} : { was: was.restKeyword }),
    ...(newer === undefined ? {} : { is: is.restKeyword }),
  };
  return { changes: [change], inner: [] };
}

function itemsOf(place: SchemaPlace): Items {
  if (place.dialect === '2020-12') {
    const tuple = childList(place, 'prefixItems');
    return { tuple, rest: childOf(place, 'items'), restKeyword: 'items' };
  }
  if (!Array.isArray(keywordsOf(place)['items'])) {
    return { tuple: [], rest: childOf(place, 'items'), restKeyword: 'items' };
  }
  const rest = childOf(place, 'additionalItems');
  return { tuple: childList(place, 'items'), rest, restKeyword: 'additionalItems' };
}

function comingEffect(schema: SchemaPlace, rest: SchemaPlace | undefined) {
  if (rest?.schema === false) return schema.schema === false ? 'none' : 'widens';
  if (!isOpen(rest)) return 'unclear';
  return isOpen(schema) ? 'none' : 'narrows';
}
