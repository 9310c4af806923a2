import type { SpanContext } from '@opentelemetry/api';
import { parseTraceParent } from '@opentelemetry/core';

// Version 00 has 55 characters; a later one may say more behind them.
const LENGTH_MAX = 128;
const SAMPLED = 1;

/**
 * Reads a `traceparent` (W3C Trace Context, section 3.2): whose trace work belongs to. What is malformed counts as absent.
 * `tracestate` is for others and is not taken.
 */
export function readTraceparent(text: string | undefined): SpanContext | undefined {
  if (text === undefined || text.length > LENGTH_MAX) return undefined;
  const parsed = parseTraceParent(text);
  return parsed === null ? undefined : { ...parsed, isRemote: true };
}

/** Tells whether the trace is recorded where it came from. */
export function isSampled({ traceFlags }: SpanContext): boolean {
  return (traceFlags & SAMPLED) === SAMPLED;
}

/** Writes a place in a recorded trace as `traceparent`. */
export function writeTraceparent({ traceId, spanId }: SpanContext): string {
  return `00-${traceId}-${spanId}-01`;
}
