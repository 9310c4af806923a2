/**
 * What a new version of a contract must keep. BACKWARD: whoever reads by the new version understands what was written by
 * the older. FORWARD: whoever reads by the older understands what is written by the new. FULL: both. NONE: nothing. The
 * transitive forms look at every earlier version of the same major line, the others at the one right before.
 */
export const COMPATIBILITY_MODES = [
  'NONE',
  'BACKWARD',
  'BACKWARD_TRANSITIVE',
  'FORWARD',
  'FORWARD_TRANSITIVE',
  'FULL',
  'FULL_TRANSITIVE',
] as const;
export type CompatibilityMode = (typeof COMPATIBILITY_MODES)[number];
