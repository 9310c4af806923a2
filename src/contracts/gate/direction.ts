import type { DirectionVerdict } from '#contracts/gate/gate-report';
import type { CompatibilityMode } from '#domain/contract-gate';

/** Who reads what the other one writes: the new version what the older wrote, or the other way round. */
export type Direction = 'backward' | 'forward';

/** Both, in the order in which they are told. */
export const DIRECTIONS: readonly Direction[] = ['backward', 'forward'];

/** What holds in each direction. */
export type DirectionVerdicts = Readonly<Record<Direction, DirectionVerdict>>;

/** The verdict where there is nothing to break. */
export const COMPATIBLE: DirectionVerdict = { kind: 'compatible' };

/** Tells the directions that a mode protects. */
export function protectedDirections(mode: CompatibilityMode): readonly Direction[] {
  switch (mode) {
    case 'NONE':
      return [];
    case 'BACKWARD':
    case 'BACKWARD_TRANSITIVE':
      return ['backward'];
    case 'FORWARD':
    case 'FORWARD_TRANSITIVE':
      return ['forward'];
    case 'FULL':
    case 'FULL_TRANSITIVE':
      return DIRECTIONS;
    default:
      return mode satisfies never;
  }
}

const RANKS: Readonly<Record<DirectionVerdict['kind'], number>> = {
  compatible: 0,
  unknown: 1,
  incompatible: 2,
};

/** Gives the worst of several verdicts, the first of those that are as bad. */
export function worstVerdict(verdicts: readonly DirectionVerdict[]): DirectionVerdict {
  return verdicts.reduce(
    (worst, each) => (RANKS[each.kind] > RANKS[worst.kind] ? each : worst),
    COMPATIBLE,
  );
}
