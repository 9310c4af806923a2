import type { StreamInfo } from '@nats-io/jetstream';

/**
 * What a stream is beside its copy in another place: `alone` takes appends and knows of no other, `standby` takes copies and
 * no appends, `promoted` was a standby and takes appends, `fenced` takes neither because another was promoted. See ADR 031.
 */
export type Side = 'alone' | 'standby' | 'promoted' | 'fenced';

/** The metadata of a stream that say which side it is. */
export const SIDE_KEYS = {
  side: 'atlas-side',
  /** Which log it holds, where that is not the one that began with the stream. */
  log: 'atlas-log',
  /** RFC 3339. */
  since: 'atlas-side-since',
} as const;

const MARKED: ReadonlySet<string> = new Set<Side>(['standby', 'promoted', 'fenced']);

type Metadata = Readonly<Record<string, string>>;

function metadataOf({ config }: Pick<StreamInfo, 'config'>): Metadata {
  return config.metadata ?? {};
}

/** Says which side a stream is. */
export function sideIn(info: Pick<StreamInfo, 'config'>): Side {
  const side = metadataOf(info)[SIDE_KEYS.side];
  return side !== undefined && isMarked(side) ? side : 'alone';
}

function isMarked(side: string): side is Side {
  return MARKED.has(side);
}

/** Says since when. */
export function sideSince(info: Pick<StreamInfo, 'config'>): string {
  return metadataOf(info)[SIDE_KEYS.since] ?? 'an unknown time';
}

/**
 * Names the log that a stream holds: when the first stream was created that held it. A standby that was promoted with every
 * event goes on with the log that it has copied, so that what was built from that goes on too.
 */
export function logIdOf(info: Pick<StreamInfo, 'config' | 'created'>): string {
  return metadataOf(info)[SIDE_KEYS.log] ?? info.created;
}

/** Where a standby takes copies: nothing that appends publishes there. */
export function standbySubject(stream: string, subject: string): string {
  return `atlas-standby.${stream}.${subject}`;
}

/** What a fenced stream listens to: nothing is ever stored from there. */
export function fencedSubject(stream: string): string {
  return `atlas-fenced.${stream}`;
}
