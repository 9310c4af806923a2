import type { Kind } from '#domain/event';
import { kindFilter, type SubjectFilter } from '#log/subjects';

/** The streams and what each holds. `REGISTRY` is one order for ever; `JOBS` has another volume. See ADR 001. */
export const STREAMS = {
  REGISTRY: [
    'dataset',
    'contract',
    'contract-policy',
    'action-profile',
    'job-definition',
    'api-key',
    'webhook',
  ],
  JOBS: ['job-run', 'run-request', 'lineage-run', 'lineage-document'],
} as const satisfies Record<string, readonly Kind[]>;

/** First token of the subjects to which streams republish what they have stored: `atlas-tail.<stream>.…`. */
export const TAIL_PREFIX = 'atlas-tail';

export type StreamName = keyof typeof STREAMS;

export const STREAM_NAMES = Object.keys(STREAMS) as StreamName[];

/** Gives the subjects that a stream holds. */
export function subjectsOf(stream: StreamName): readonly SubjectFilter[] {
  return STREAMS[stream].map(kindFilter);
}
