import { Agent } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import type { Tracer } from '@opentelemetry/api';
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOnSampler,
  BasicTracerProvider,
  BatchSpanProcessor,
  type ReadableSpan,
  type SpanExporter,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import {
  ATTR_SERVICE_INSTANCE_ID,
  ATTR_SERVICE_NAME,
  ATTR_SERVICE_VERSION,
} from '@opentelemetry/semantic-conventions';

export interface TraceExportOptions {
  /** Where spans are sent to, by OTLP over HTTP. */
  readonly endpoint: string;
  /** Headers of what is sent, credentials among them. */
  readonly headers: Readonly<Record<string, string>>;
  /** What the process is called. */
  readonly service: { readonly name: string; readonly version: string; readonly instance: string };
  /** Hears, at most once a minute, that spans were lost. */
  readonly onLost: (lost: LostSpans) => void;
}

/** Spans that nobody will see, since the last time that somebody was told. */
export interface LostSpans {
  /** There was no room for them. */
  readonly dropped: number;
  /** They could not be sent. */
  readonly unsent: number;
  readonly cause: unknown;
}

// At 100 traces a second, what comes in about four seconds: 4 MB.
const SPANS_WAITING_MAX = 4_096;
// Writing them as JSON holds up everything else: 256 take about two milliseconds.
const BATCH_MAX = 256;
const DELAY_MS = 1_000;
const SEND_TIMEOUT_MS = 5_000;
const TOLD_EVERY_MS = 60_000;
const VALUE_LENGTH_MAX = 256;
const TAGS_MAX = 32;

/** Sends spans to a collector, in the background. Whatever it does, nobody waits for it: what it does not take is lost. */
export class TraceExport {
  readonly tracer: Tracer;
  readonly #provider: BasicTracerProvider;
  readonly #agent: Agent;
  readonly #lost = { dropped: 0, unsent: 0 };
  readonly #onLost: TraceExportOptions['onLost'];
  #waiting = 0;
  #toldMs = Number.NEGATIVE_INFINITY;

  constructor({ endpoint, headers, service, onLost }: TraceExportOptions) {
    this.#onLost = onLost;
    const options = { keepAlive: true, maxSockets: 2 };
    this.#agent = endpoint.startsWith('https:') ? new TlsAgent(options) : new Agent(options);
    const sender = new OTLPTraceExporter({
      url: endpoint,
      headers,
      timeoutMillis: SEND_TIMEOUT_MS,
      httpAgentOptions: () => this.#agent,
    });
    this.#provider = new BasicTracerProvider({
      // Whoever begins a trace has decided already.
      sampler: new AlwaysOnSampler(),
      spanLimits: { attributeValueLengthLimit: VALUE_LENGTH_MAX, attributeCountLimit: TAGS_MAX },
      resource: resourceFromAttributes({
        [ATTR_SERVICE_NAME]: service.name,
        [ATTR_SERVICE_VERSION]: service.version,
        [ATTR_SERVICE_INSTANCE_ID]: service.instance,
      }),
      spanProcessors: [this.#bounded(this.#counted(sender))],
    });
    this.tracer = this.#provider.getTracer('atlas-registry', service.version);
  }

  /** Sends what waits, at most so long, and ends. */
  async close(timeoutMs: number): Promise<void> {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), timeoutMs);
    const over = new Promise<void>((resolve) => {
      late.signal.addEventListener('abort', () => resolve());
    });
    const sent = this.#provider.shutdown().catch(() => undefined);
    await Promise.race([sent, over]);
    clearTimeout(timer);
    this.#agent.destroy();
    if (this.#waiting > 0) this.#lose('unsent', this.#waiting);
    this.#tell(undefined, true);
  }

  /** Lets no more spans wait than there is room for, those under way included. */
  #bounded(exporter: SpanExporter): SpanProcessor {
    const queue = new BatchSpanProcessor(exporter, {
      maxQueueSize: SPANS_WAITING_MAX,
      maxExportBatchSize: BATCH_MAX,
      scheduledDelayMillis: DELAY_MS,
      exportTimeoutMillis: SEND_TIMEOUT_MS * 2,
    });
    return {
      onStart: () => undefined,
      onEnd: (span) => {
        if (this.#waiting >= SPANS_WAITING_MAX) {
          this.#lose('dropped', 1);
          this.#tell(undefined);
          return;
        }
        this.#waiting += 1;
        queue.onEnd(span);
      },
      forceFlush: () => queue.forceFlush(),
      shutdown: () => queue.shutdown(),
    };
  }

  #counted(sender: SpanExporter): SpanExporter {
    return {
      export: (spans: ReadableSpan[], done: (result: ExportResult) => void) => {
        sender.export(spans, (result) => {
          this.#waiting -= spans.length;
          if (result.code !== ExportResultCode.SUCCESS) {
            this.#lose('unsent', spans.length);
            this.#tell(result.error);
          }
          done(result);
        });
      },
      shutdown: () => sender.shutdown(),
    };
  }

  #lose(how: 'dropped' | 'unsent', count: number): void {
    this.#lost[how] += count;
  }

  #tell(cause: unknown, isLast = false): void {
    const { dropped, unsent } = this.#lost;
    const nowMs = performance.now();
    if (dropped + unsent === 0 || (!isLast && nowMs - this.#toldMs < TOLD_EVERY_MS)) return;
    this.#toldMs = nowMs;
    this.#lost.dropped = 0;
    this.#lost.unsent = 0;
    this.#onLost({ dropped, unsent, cause });
  }
}
