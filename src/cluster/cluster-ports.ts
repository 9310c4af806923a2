import { RegistryError } from '#domain/errors';
import { systemClock } from '#flow/clock';
import { closed, freePorts, listenOn } from '#flow/free-ports';

/** What a cluster is made of, and how many of each. */
export interface ClusterSize {
  /** 1, 3 or 5. */
  readonly brokers: number;
  readonly writers: number;
  readonly readers: number;
  readonly projectors: number;
}

/** The port of every member by its name; those between brokers are named `route-1` and so on. */
export type ClusterPorts = ReadonlyMap<string, number>;

// Of each kind at most nine.
const OFFSETS = { writer: 1, reader: 11, projector: 21, broker: 31, route: 41 } as const;
const POSTGRES_OFFSET = 51;

/** Names the members of a cluster and gives each its port: `writer-1` the first behind the base, and so on. */
export function portsFrom(base: number, size: ClusterSize): ClusterPorts {
  const { brokers, writers, readers, projectors } = size;
  const counts = {
    writer: writers,
    reader: readers,
    projector: projectors,
    broker: brokers,
    route: brokers,
  };
  const ports = new Map<string, number>();
  for (const [kind, count] of Object.entries(counts) as [keyof typeof OFFSETS, number][])
    for (let i = 0; i < count; i += 1) ports.set(`${kind}-${i + 1}`, base + OFFSETS[kind] + i);
  return ports.set('postgres', base + POSTGRES_OFFSET);
}

/** Names the members and gives each a port that is free now. */
export async function freeClusterPorts(size: ClusterSize): Promise<ClusterPorts> {
  const names = [...portsFrom(0, size).keys()];
  const ports = await freePorts(names.length);
  return new Map(names.map((name, i) => [name, ports[i] ?? 0]));
}

/** @throws CANNOT_START that names every port that is taken, when they are not all free in time */
export async function checkPortsFree(
  ports: Iterable<readonly [name: string, port: number]>,
  waitMs: number,
): Promise<void> {
  const wanted = [...ports];
  const deadline = systemClock.monotonicMs() + waitMs;
  for (;;) {
    const taken: string[] = [];
    for (const [name, port] of wanted) {
      const server = await listenOn(port);
      if (server === undefined) taken.push(`${port} (${name})`);
      else await closed(server);
    }
    if (taken.length === 0) return;
    if (systemClock.monotonicMs() > deadline) {
      throw new RegistryError(
        'CANNOT_START',
        `Cannot start a cluster: another process has the port ${taken.join(', ')} (want free ones: end that process, or choose another base, for example PORT=4100 make cluster)`,
      );
    }
    await systemClock.sleep(POLL_MS);
  }
}

const POLL_MS = 200;
