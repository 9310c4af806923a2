import type { RequestLine } from '#http/boundary';
import type { Meters } from '#ops/metrics/meters';

const UNROUTED = 'none';

/** Counts what a node has answered, by route and never by address. */
export function httpMeter(meters: Meters): (line: RequestLine) => void {
  const requests = meters.family('atlas_http_requests_total');
  const durations = meters.family('atlas_http_request_duration_seconds');
  const refusals = meters.family('atlas_http_refusals_total');
  return ({ route = UNROUTED, class: requestClass, method, status, durationMs, code }) => {
    // What is no route may have any method.
    const known = route === UNROUTED ? 'other' : method.toLowerCase();
    requests.add(1, [route, known, requestClass, String(status)]);
    durations.observe(durationMs / 1_000, [route, requestClass]);
    if (code !== undefined) refusals.add(1, [code, requestClass]);
  };
}
