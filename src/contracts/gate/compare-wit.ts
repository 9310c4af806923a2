import { type PartComparison, SAME_PART } from '#contracts/gate/compare-json-schemas';
import { COMPATIBLE, DIRECTIONS, type Direction } from '#contracts/gate/direction';
import type { DirectionVerdict } from '#contracts/gate/gate-report';
import type { ValidWit } from '#contracts/gate/read-wit';
import type { UnjudgedChange } from '#contracts/gate/unjudged-change';
import type { WitChange } from '#contracts/wit/diff/change';
import { diffWit } from '#contracts/wit/diff/diff-wit';
import { witVerdict } from '#contracts/wit/diff/wit-verdict';

const INCOMPATIBLE: DirectionVerdict = { kind: 'incompatible' };

/** Compares two WIT packages. A package that came is an addition, one that went breaks everybody. */
export function compareWit(
  older: ValidWit | undefined,
  newer: ValidWit | undefined,
): PartComparison {
  if (older === undefined && newer === undefined) return SAME_PART;
  if (older === undefined || newer === undefined) return comparePresence(older, newer);
  const changes = diffWit(older, newer);
  const verdict = (mode: 'BACKWARD' | 'FORWARD'): DirectionVerdict =>
    witVerdict(changes, mode).compatible ? COMPATIBLE : INCOMPATIBLE;
  return {
    backward: verdict('BACKWARD'),
    forward: verdict('FORWARD'),
    changes: changes.map((change) => contractChange(change)),
    omitted: 0,
  };
}

function comparePresence(older: ValidWit | undefined, newer: ValidWit | undefined): PartComparison {
  const isAdded = older === undefined;
  const verdict = isAdded ? COMPATIBLE : INCOMPATIBLE;
  const change = {
    rule: isAdded ? 'wit-added' : 'wit-removed',
    part: 'wit',
    message: `The WIT package ${(older ?? newer)?.packageId ?? ''} was ${isAdded ? 'added' : 'removed'}`,
    ...(older === undefined ? {} : { before: older.packageId }),
    ...(newer === undefined ? {} : { after: newer.packageId }),
    breaks: isAdded ? [] : DIRECTIONS,
    isFeature: isAdded,
  } as const;
  return { backward: verdict, forward: verdict, changes: [change], omitted: 0 };
}

function contractChange({
  rule,
  item,
  before,
  after,
  message,
  breaks: roles,
  feature,
}: WitChange): UnjudgedChange {
  const breaks: Direction[] = [];
  if (roles.includes('importer') || roles.includes('component')) breaks.push('backward');
  if (roles.includes('exporter') || roles.includes('host')) breaks.push('forward');
  return {
    rule,
    part: 'wit',
    message,
    ...(before === undefined ? {} : { before: item }),
    ...(after === undefined ? {} : { after: item }),
    breaks,
    isFeature: feature,
  };
}
