import type { RequestLine } from '#http/boundary';
import type { Meters } from '#ops/metrics/meters';

const UNROUTED = { route: 'none', method: 'other', class: 'none' } as const;

/** Counts what a node has answered, by route and never by address. */
export function httpMeter(meters: Meters): (line: RequestLine) => void {
  const requests = meters.family('atlas_http_requests_total');
  const durations = meters.family('atlas_http_request_duration_seconds');
  const refusals = meters.family('atlas_http_refusals_total');
  return ({ routed = UNROUTED, status, durationMs, code }) => {
    const { route, method, class: routeClass } = routed;
    requests.add(1, [route, method, routeClass, String(status)]);
    durations.observe(durationMs / 1_000, [route, routeClass]);
    if (code !== undefined) refusals.add(1, [code, routeClass]);
  };
}
