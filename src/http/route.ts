import type { Context } from 'koa';
import { z } from 'zod';
import type { Scope } from '#domain/scope';
import type { RequestTrace } from '#flow/tracer';
import type { SettleBody } from '#http/read-body';

/** What a handler answers. Texts and buffers are sent as they are, everything else as JSON. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Default `application/json`. */
  readonly contentType?: string;
}

/** A parsed request. Nothing in it is unchecked. */
export interface ParsedRequest<P, Q, B> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly scope: Scope;
  /** What stands before `/registry` in addresses of this scope: empty, or `/tenants/{tenant}/environments/{environment}`. */
  readonly prefix: string;
  /** Who sends it. */
  readonly actor: string;
  /** Whether its sender may make versions of contracts approved; else new ones wait for approval. */
  readonly mayApprove: boolean;
  /** What tells its client from others; absent where nothing is counted. */
  readonly client: string | undefined;
  /** Counts that it costs so much more than what it was let in for. */
  readonly settle: (cost: number) => Promise<void>;
  /** Counts a JSON body by its bytes, unpacked, before anybody reads it. */
  readonly settleBody: SettleBody;
  /** When the token of its sender ends, milliseconds since 1970; absent where there is none. */
  readonly expiresAtMs: number | undefined;
  /** Tells whether its sender may no longer do what it was let in for. */
  readonly isRevoked: () => boolean;
  /** Whether its sender may see another scope, which a command names. */
  readonly maySee: (scope: Scope) => boolean;
  readonly requestId: string;
  /** The trace of the request, where it is recorded. */
  readonly trace: RequestTrace | undefined;
  /** Tells whoever listens of an unexpected error that the answer shows in one of its parts. */
  readonly report: (error: unknown) => void;
  /** A request header, by its lower-case name. */
  readonly header: (name: string) => string | undefined;
  /** The raw body, for routes that take a stream. */
  readonly stream: AsyncIterable<Uint8Array>;
  /** Aborts when the client goes away. */
  readonly signal: AbortSignal;
}

/** One answer that a route documents. */
export interface ResponseSpec {
  readonly description: string;
  /** Schema of the JSON body; absent for an empty one. */
  readonly schema?: z.ZodType;
  /** Schema of one line, where the body comes as one JSON value a line too. */
  readonly lines?: z.ZodType;
  /** The media type of a text in which the same is told too, for people. */
  readonly textType?: string;
  /** For bodies that are not JSON. */
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One route: what it takes, what it answers and what it does, in one place. */
export interface Route {
  readonly method: 'get' | 'post' | 'put';
  /** As in OpenAPI: `/registry/datasets/{name}`. */
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly tag: string;
  /** Whether it takes `Idempotency-Key`. */
  readonly isCommand: boolean;
  /**
   * Whether its reply is kept for the next who asks the same: while the catalog stays as it is (`catalog`), or for ever
   * (`content`). Default: no.
   */
  readonly keep: 'catalog' | 'content' | undefined;
  /** Whether the limit of requests for rows counts its requests too. Default: no. */
  readonly isLimited: boolean;
  /** Whether its answer goes on for as long as the client likes. Default: no. */
  readonly isLongLived: boolean;
  readonly params: z.ZodObject;
  readonly query: z.ZodObject;
  /** The parameters of the query that may come several times: lists. Others are refused when they do. */
  readonly listQueries: readonly string[];
  readonly body: z.ZodType | 'stream' | undefined;
  /** What the handler reads from the stream. Default: bytes. */
  readonly streamType: 'application/octet-stream' | 'application/json';
  /** Whether the body may be left out: it counts as `{}` then. */
  readonly bodyIsOptional: boolean;
  /** Whether a body that two readers could read differently is refused: keys that come twice, numbers that lose digits. */
  readonly isStrictJson: boolean;
  readonly responses: Readonly<Record<number, ResponseSpec>>;
  /** Statuses of errors that it may answer beside 400, 500 and 503. */
  readonly errors: readonly number[];
  readonly handle: (
    request: ParsedRequest<never, never, never>,
    context: Context,
  ) => Promise<Reply>;
}

type Empty = z.ZodObject<Record<string, never>>;

/** A route as its author writes it. What is left out takes no parameters, no body and no key. */
export type RouteSpec<P extends z.ZodObject, Q extends z.ZodObject, B extends z.ZodType> = Pick<
  Route,
  'method' | 'path' | 'operationId' | 'summary' | 'tag' | 'responses'
> & {
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B | 'stream';
  readonly streamType?: Route['streamType'];
  readonly listQueries?: readonly string[];
  readonly isCommand?: boolean;
  readonly keep?: Route['keep'];
  readonly isLimited?: boolean;
  readonly isLongLived?: boolean;
  readonly bodyIsOptional?: boolean;
  readonly isStrictJson?: boolean;
  readonly errors?: readonly number[];
  readonly handle: (
    request: ParsedRequest<z.output<P>, z.output<Q>, z.output<B>>,
    context: Context,
  ) => Promise<Reply>;
};

/** The parameters of a route that has none. */
export const EMPTY: Empty = z.strictObject({});

/** Completes a route; the handler sees its parameters and body with the types of their schemas. */
export function route<
  P extends z.ZodObject = Empty,
  Q extends z.ZodObject = Empty,
  B extends z.ZodType = z.ZodUndefined,
>(spec: RouteSpec<P, Q, B>): Route {
  return {
    isCommand: false,
    keep: undefined,
    isLimited: false,
    isLongLived: false,
    bodyIsOptional: false,
    isStrictJson: false,
    errors: [],
    listQueries: [],
    body: undefined,
    streamType: 'application/octet-stream',
    ...spec,
    params: spec.params ?? EMPTY,
    query: spec.query ?? EMPTY,
    handle: spec.handle,
  };
}
