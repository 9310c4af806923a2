import { type Finding, ok, problem, warning } from '#cli/doctor/finding';
import { systemClock } from '#flow/clock';

const SKEW_SHOWN_MS = 1_000;
// Tokens are refused beyond it.
const SKEW_MAX_MS = 30_000;

/** Says how far the clock of a server is from this one; `askedMs` is when it was asked, on this clock. */
export function clockFinding(server: string, serverMs: number, askedMs: number): Finding {
  // What the answer took may be on either side.
  const took = systemClock.nowMs() - askedMs;
  const skewMs = Math.max(0, Math.abs(serverMs - (askedMs + took / 2)) - took / 2);
  const is = `the clock of ${server} differs by ${(skewMs / 1_000).toFixed(1)} s`;
  const todo = 'keep both by NTP (chrony, systemd-timesyncd)';
  if (skewMs > SKEW_MAX_MS) return problem('clock', is, todo);
  return skewMs > SKEW_SHOWN_MS ? warning('clock', is, todo) : ok('clock', is);
}
