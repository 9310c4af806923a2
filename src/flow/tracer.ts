/** What a piece of traced work is called: a closed list, so that nothing from outside becomes a name. */
export type SpanName =
  | 'command'
  | 'decide'
  | 'append'
  | 'project'
  | 'sse_send'
  | 'store_catalog_fetch'
  | 'store_fetch'
  | 'cache_lookup'
  | 'open_db'
  | 'admission_control'
  | 'query_execution';

/** What is said of a piece of work. Keys are written in the code; values are short, and never a name or text from outside. */
export type Tags = Readonly<Record<string, string | number | boolean>>;

/** Something that is recorded, of which other work can be a part. */
export interface TracedWork {
  /** Runs work as a part of this, and ends the part with it. */
  part<T>(name: SpanName, tags: Tags, work: (span: Span) => T): T;
}

/** One piece of traced work. */
export interface Span extends TracedWork {
  /** Its place in its trace as W3C `traceparent`, for what goes on elsewhere; `undefined` where nothing is recorded. */
  readonly traceparent: string | undefined;
  tag(tags: Tags): void;
  /** Ends it, with what it has failed with, if it has. Only the first end counts. */
  end(error?: unknown): void;
}

/** How a request was answered. */
export interface RequestOutcome {
  readonly method: string;
  /** The template of its route; absent where there was none. */
  readonly route: string | undefined;
  readonly status: number;
  /** Whether it came over TLS. */
  readonly isSecure: boolean;
  /** The code of the error that it was answered with. */
  readonly code: string | undefined;
  readonly tags: Tags;
}

/** A request whose trace is recorded. */
export interface RequestTrace extends TracedWork {
  readonly traceId: string;
  /** Runs work that waits for nothing as a part of the trace: it costs far less. */
  now<T>(work: () => T): T;
  /** Runs work, and everything that it waits for, as a part of the trace. */
  run<T>(work: () => T): T;
  end(outcome: RequestOutcome): void;
}

/**
 * Tells what belongs together and how long each part of it took. What reads, the trace under way follows through every `await`: nothing
 * is handed on. Commands hand it on, as `Span.part`: they wait for a disk, and following promises meanwhile would slow down all
 * that is not traced. None of it throws, and none of it waits.
 */
export interface Tracer {
  /** Whether anything is ever recorded. */
  readonly isOn: boolean;
  /** Begins a part of the trace under way; one that records nothing where none is. */
  start(name: SpanName, tags?: Tags): Span;
  /** Runs work as a part of the trace under way, and ends the part with it; where none is, only runs it. */
  run<T>(name: SpanName, tags: Tags, work: (span: Span) => T): T;
  /** The same for work that nobody asked for: where no trace is under way it may begin one, which only its span hands on. */
  begin<T>(name: SpanName, tags: Tags, work: (span: Span) => T): T;
  /** Runs work that belongs to traces that began elsewhere, as one more part of each. */
  follow<T>(name: SpanName, from: Followed, work: () => T): T;
  /** Begins the trace of a request, in that of its sender where it names one; `undefined` for one that is not recorded. */
  request(traceparent: string | undefined): RequestTrace | undefined;
}

/** The traces that work belongs to. */
export interface Followed {
  readonly traceparents: readonly string[];
  readonly tags: Tags;
}

/** A piece of work that is not recorded. */
export const NO_SPAN: Span = {
  traceparent: undefined,
  tag: () => undefined,
  end: () => undefined,
  part: (_name, _tags, work) => work(NO_SPAN),
};

/** Records nothing. */
export const NO_TRACES: Tracer = {
  isOn: false,
  start: () => NO_SPAN,
  run: (_name, _tags, work) => work(NO_SPAN),
  begin: (_name, _tags, work) => work(NO_SPAN),
  follow: (_name, _from, work) => work(),
  request: () => undefined,
};
