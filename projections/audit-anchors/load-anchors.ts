import type { KeyObject } from 'node:crypto';
import { type Position, START } from '#domain/position';
import {
  decodeAnchor,
  extendDigest,
  NO_DIGEST,
  type SignedAnchor,
} from '#projections/audit-anchors/anchor';
import type { AnchorStore } from '#projections/audit-anchors/anchor-store';
import type { AuditFinding } from '#projections/audit-anchors/audit-finding';

/** What the anchors of a stream say, as far as they hold. */
export interface LoadedAnchors {
  readonly count: number;
  /** The hashes of the anchored events from position 1 on, 32 bytes each. */
  readonly hashes: Buffer;
  /** The last anchored position; 0 for none. */
  readonly to: Position;
  readonly streamCreated: string | undefined;
  /** When the newest was made. */
  readonly time: string | undefined;
  readonly findings: readonly AuditFinding[];
}

// Behind a hole there may be more, which a store in files finds only by looking.
const LOOK_BEYOND = 16;

/**
 * Reads every anchor of a stream, in order, and checks its signature, its place in the chain and its digest of the log.
 * What does not hold is told and counts as not there, and so does everything behind it.
 */
export async function loadAnchors(
  store: AnchorStore,
  stream: string,
  keys: readonly KeyObject[],
): Promise<LoadedAnchors> {
  const hashes: Buffer[] = [];
  const findings: AuditFinding[] = [];
  let last: SignedAnchor | undefined;
  let sequence = 0;
  for (;;) {
    const bytes = await store.read(stream, sequence + 1);
    if (bytes === undefined) {
      const beyond = await nextAfter(store, stream, sequence + 1);
      if (beyond !== undefined) {
        const what = `it is missing, and ${beyond} is there`;
        findings.push({ kind: 'anchor', sequence: sequence + 1, what });
      }
      break;
    }
    sequence += 1;
    const next = decodeAnchor(bytes);
    const what = faultOfAnchor(next, { stream, sequence, last, keys });
    if (what !== undefined || next === undefined) {
      findings.push({ kind: 'anchor', sequence, what: what ?? 'it is no anchor' });
      break;
    }
    hashes.push(next.anchor.hashes);
    last = next;
  }
  return {
    count: sequence,
    hashes: Buffer.concat(hashes),
    to: last?.anchor.to ?? START,
    streamCreated: last?.anchor.streamCreated,
    time: last?.anchor.time,
    findings,
  };
}

/** What an anchor must be. */
export interface ExpectedAnchor {
  readonly stream: string;
  readonly sequence: number;
  /** The one before it. */
  readonly last: SignedAnchor | undefined;
  readonly keys: readonly KeyObject[];
}

/** Says why an anchor does not hold; `undefined` where it does. */
export function faultOfAnchor(
  next: SignedAnchor | undefined,
  { stream, sequence, last, keys }: ExpectedAnchor,
): string | undefined {
  if (next === undefined) return 'it is no anchor';
  const { anchor } = next;
  if (!keys.some((key) => next.isSignedBy(key)))
    return `it is not signed by a known key (it names ${next.keyId})`;
  if (anchor.stream !== stream || anchor.sequence !== sequence)
    return `it is anchor ${anchor.sequence} of stream "${anchor.stream}"`;
  if (anchor.previous !== (last?.digest ?? NO_DIGEST))
    return 'it does not follow the one before it';
  if (anchor.from !== (last?.anchor.to ?? START) + 1) return `it begins at position ${anchor.from}`;
  if (last !== undefined && anchor.streamCreated !== last.anchor.streamCreated)
    return `it is of a stream that was created ${anchor.streamCreated}`;
  return anchor.log === extendDigest(last?.anchor.log ?? NO_DIGEST, anchor.hashes)
    ? undefined
    : 'its digest of the log does not fit its hashes';
}

async function nextAfter(
  store: AnchorStore,
  stream: string,
  missing: number,
): Promise<number | undefined> {
  const newest = await store.newest(stream);
  if (newest > missing) return newest;
  for (let sequence = missing + 1; sequence <= missing + LOOK_BEYOND; sequence += 1)
    if ((await store.read(stream, sequence)) !== undefined) return sequence;
  return undefined;
}
