import type { RequestLine } from '#http/boundary';
import { observe, type Series } from '#ops/metrics/family';
import type { Meters } from '#ops/metrics/meters';

const UNROUTED = 'none';

/** What a request counts into: looked up once for each operation and status. */
interface Counted {
  readonly requests: Series;
  readonly durations: Series;
}

/** Counts what a node has answered, by route and never by address. */
export function httpMeter(meters: Meters): (line: RequestLine) => void {
  const requests = meters.family('atlas_http_requests_total');
  const durations = meters.family('atlas_http_request_duration_seconds');
  const refusals = meters.family('atlas_http_refusals_total');
  const known = new Map<string, Map<number, Counted>>();
  const find = ({
    operation,
    route,
    class: requestClass,
    method,
    status,
  }: RequestLine): Counted => {
    // What is no route may have any method; HEAD is answered by the route of GET.
    const shown = route === undefined ? 'other' : method.replace('HEAD', 'GET').toLowerCase();
    const found = {
      requests: requests.series([route ?? UNROUTED, shown, requestClass, String(status)]),
      durations: durations.series([route ?? UNROUTED, requestClass]),
    };
    const key = keyOf(operation, requestClass);
    const byStatus = known.get(key) ?? new Map<number, Counted>();
    known.set(key, byStatus.set(status, found));
    return found;
  };
  return (line) => {
    const key = keyOf(line.operation, line.class);
    const counted = known.get(key)?.get(line.status) ?? find(line);
    counted.requests.value += 1;
    observe(counted.durations, line.durationMs / 1_000);
    if (line.code !== undefined) refusals.add(1, [line.code, line.class]);
  };
}

/** An operation has one route, method and class; what was not routed has a class alone. */
function keyOf(operation: string | undefined, requestClass: string): string {
  return operation ?? requestClass;
}
