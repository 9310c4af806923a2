import {
  type Context,
  type Span as OtelSpan,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_HTTP_ROUTE,
  ATTR_URL_SCHEME,
} from '@opentelemetry/semantic-conventions';
import { isRegistryError } from '#domain/errors';
import {
  type Followed,
  NO_SPAN,
  type RequestOutcome,
  type RequestTrace,
  type Span,
  type SpanName,
  type Tags,
  type Tracer,
} from '#flow/tracer';
import { ActiveTrace } from '#ops/active-trace';
import { TraceExport, type TraceExportOptions } from '#ops/trace-export';
import { isSampled, readTraceparent, writeTraceparent } from '#ops/trace-parent';

export interface TracingOptions extends TraceExportOptions {
  /** The share of traces that is recorded, of those that begin here: 0 to 1. */
  readonly ratio: number;
  /** Traces that begin to be recorded in one second; senders can ask for any number of them. */
  readonly perSecondMax: number;
}

/** Where a span stands. */
interface Place {
  readonly context: Context;
  readonly kind?: SpanKind;
}

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS']);
const SECOND_MS = 1_000;

/** Records traces with OpenTelemetry and sends them by OTLP over HTTP. The SDK is loaded with this file. */
export class Tracing implements Tracer {
  readonly isOn = true;
  readonly #options: TracingOptions;
  readonly #export: TraceExport;
  readonly #active = new ActiveTrace();
  #secondMs = 0;
  #begun = 0;

  constructor(options: TracingOptions) {
    this.#options = options;
    this.#export = new TraceExport(options);
  }

  start(name: SpanName, tags: Tags = {}): Span {
    const context = this.#active.get();
    return context === undefined ? NO_SPAN : this.#record(name, tags, { context });
  }

  run<T>(name: SpanName, tags: Tags, work: (span: Span) => T): T {
    const context = this.#active.get();
    if (context === undefined) return work(NO_SPAN);
    const span = this.#record(name, tags, { context });
    return ended([span], () => this.#active.within(span.context, () => work(span)));
  }

  begin<T>(name: SpanName, tags: Tags, work: (span: Span) => T): T {
    if (this.#active.get() !== undefined) return this.run(name, tags, work);
    if (!this.#isChosen()) return work(NO_SPAN);
    const span = this.#record(name, tags, { context: ROOT_CONTEXT });
    return ended([span], () => work(span));
  }

  follow<T>(name: SpanName, { traceparents, tags }: Followed, work: () => T): T {
    const parents = traceparents
      .map(readTraceparent)
      .filter((parent) => parent !== undefined)
      .filter(isSampled);
    const spans = parents.map((parent) => {
      const context = trace.setSpanContext(ROOT_CONTEXT, parent);
      return this.#record(name, tags, { context, kind: SpanKind.CONSUMER });
    });
    return ended(spans, work);
  }

  request(traceparent: string | undefined): RequestTrace | undefined {
    const parent = readTraceparent(traceparent);
    const isWanted = parent === undefined ? this.#isChosen() : isSampled(parent) && this.#hasRoom();
    if (!isWanted) return undefined;
    const from = parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent);
    const span = this.#export.tracer.startSpan('request', { kind: SpanKind.SERVER }, from);
    const { context, part } = new RecordedSpan(span, this.#open);
    return {
      traceId: span.spanContext().traceId,
      part,
      now: (work) => this.#active.now(context, work),
      run: (work) => this.#active.whole(context, work),
      end: (outcome) => endRequest(span, outcome),
    };
  }

  /** Sends what waits, at most so long. */
  async close(timeoutMs: number): Promise<void> {
    await this.#export.close(timeoutMs);
  }

  #isChosen(): boolean {
    const { ratio } = this.#options;
    return ratio > 0 && Math.random() < ratio && this.#hasRoom();
  }

  /** A sender that asks for every trace must not make this node record everything. */
  #hasRoom(): boolean {
    const nowMs = performance.now();
    if (nowMs - this.#secondMs >= SECOND_MS) {
      this.#secondMs = nowMs;
      this.#begun = 0;
    }
    this.#begun += 1;
    return this.#begun <= this.#options.perSecondMax;
  }

  readonly #open: Open = (name, tags, { context, kind = SpanKind.INTERNAL }) =>
    this.#export.tracer.startSpan(name, { kind, attributes: named(tags) }, context);

  #record(name: SpanName, tags: Tags, place: Place): RecordedSpan {
    return new RecordedSpan(this.#open(name, tags, place), this.#open);
  }
}

type Open = (name: SpanName, tags: Tags, place: Place) => OtelSpan;

class RecordedSpan implements Span {
  readonly #span: OtelSpan;
  readonly #open: Open;
  #isEnded = false;

  constructor(span: OtelSpan, open: Open) {
    this.#span = span;
    this.#open = open;
  }

  /** What is a part of it. */
  get context(): Context {
    return trace.setSpan(ROOT_CONTEXT, this.#span);
  }

  get traceparent(): string {
    return writeTraceparent(this.#span.spanContext());
  }

  tag(tags: Tags): void {
    this.#span.setAttributes(named(tags));
  }

  readonly part = <T>(name: SpanName, tags: Tags, work: (span: Span) => T): T => {
    const span = new RecordedSpan(this.#open(name, tags, { context: this.context }), this.#open);
    return ended([span], () => work(span));
  };

  end(error?: unknown): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    if (error !== undefined) fail(this.#span, error);
    this.#span.end();
  }
}

/** Runs work and ends spans when it is done, however it ends. */
function ended<T>(spans: readonly Span[], work: () => T): T {
  const end = (error?: unknown): void => {
    for (const span of spans) span.end(error);
  };
  try {
    const result = work();
    if (!(result instanceof Promise)) {
      end();
      return result;
    }
    const done = async (): Promise<unknown> => {
      try {
        return await result;
      } catch (error) {
        end(error ?? new Error('failed with nothing'));
        throw error;
      } finally {
        end();
      }
    };
    return done() as T;
  } catch (error) {
    end(error);
    throw error;
  }
}

/** Says how work has failed: by a code or a class. What errors say may hold names, and stays here. */
function fail(span: OtelSpan, error: unknown): void {
  const isExpected = isRegistryError(error);
  span.setAttribute(ATTR_ERROR_TYPE, errorTypeOf(error));
  span.setAttribute('atlas.outcome', isExpected ? 'refused' : 'failed');
  if (!isExpected) span.setStatus({ code: SpanStatusCode.ERROR });
}

function errorTypeOf(error: unknown): string {
  if (isRegistryError(error)) return error.code;
  return error instanceof Error && /^\w{1,60}$/.test(error.name) ? error.name : '_OTHER';
}

function endRequest(span: OtelSpan, outcome: RequestOutcome): void {
  const { route, status, isSecure, code, tags } = outcome;
  const method = METHODS.has(outcome.method) ? outcome.method : '_OTHER';
  const verb = method === '_OTHER' ? 'HTTP' : method;
  span.updateName(route === undefined ? verb : `${verb} ${route}`);
  span.setAttributes({
    ...named(tags),
    [ATTR_HTTP_REQUEST_METHOD]: method,
    [ATTR_HTTP_RESPONSE_STATUS_CODE]: status,
    [ATTR_URL_SCHEME]: isSecure ? 'https' : 'http',
    ...(route === undefined ? {} : { [ATTR_HTTP_ROUTE]: route }),
    ...(code === undefined ? {} : { [ATTR_ERROR_TYPE]: code }),
  });
  // What a client has done wrong is no error of this server (OpenTelemetry, HTTP spans).
  if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}

function named(tags: Tags): Record<string, string | number | boolean> {
  const attributes: Record<string, string | number | boolean> = {};
  for (const [key, value] of Object.entries(tags)) attributes[`atlas.${key}`] = value;
  return attributes;
}
