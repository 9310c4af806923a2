import type { Json } from '#domain/canonical-json';

/** The part of JSON Schema that the OpenAPI document uses. */
export interface FuzzSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly Json[];
  readonly const?: Json;
  readonly anyOf?: readonly FuzzSchema[];
  readonly properties?: Readonly<Record<string, FuzzSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: FuzzSchema | boolean;
  readonly items?: FuzzSchema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly format?: string;
}

/** One parameter of an operation. */
export interface FuzzParameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly schema: FuzzSchema;
}

type Content = Readonly<Record<string, { readonly schema?: FuzzSchema }>>;

/** One operation as the document describes it. */
export interface FuzzOperation {
  readonly method: string;
  readonly path: string;
  readonly operationId: string;
  readonly parameters: readonly FuzzParameter[];
  readonly body: { readonly mediaType: string; readonly schema: FuzzSchema } | undefined;
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
}

interface DocumentOperation {
  readonly operationId: string;
  readonly parameters?: readonly FuzzParameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: FuzzOperation['responses'];
}

/** The document, as it is served. */
export interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DocumentOperation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, FuzzSchema>> };
}

/** The API as its own document describes it. */
export interface DescribedApi {
  readonly document: ApiDocument;
  readonly operations: readonly FuzzOperation[];
  /** The operations that an address may belong to, as it was sent, by any method. */
  readonly at: (target: string) => readonly FuzzOperation[];
}

/** Reads `/openapi.json` of a registry. */
export async function describedApi(url: string): Promise<DescribedApi> {
  const document = (await (await fetch(`${url}/openapi.json`)).json()) as ApiDocument;
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): FuzzOperation => {
      const [content] = Object.entries(operation.requestBody?.content ?? {});
      return {
        method: method.toUpperCase(),
        path,
        operationId: operation.operationId,
        parameters: operation.parameters ?? [],
        body:
          content === undefined
            ? undefined
            : { mediaType: content[0], schema: content[1].schema ?? {} },
        responses: operation.responses,
      };
    }),
  );
  const patterns = operations.map((operation) => ({ operation, pattern: patternOf(operation) }));
  return {
    document,
    operations,
    at: (target) => {
      const [path = ''] = target.split('?');
      const bare = path.replace(/^\/tenants\/[^/]+\/environments\/[^/]+/, '');
      return patterns.filter(({ pattern }) => pattern.test(bare)).map(({ operation }) => operation);
    },
  };
}

// The router takes a slash at the end, reads letters in any case, and the names of datasets over several segments; no
// parameter is empty.
function patternOf({ path }: FuzzOperation): RegExp {
  const any = path.includes('/datasets/{name}') ? '.+' : '[^/]+';
  return new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, any)}/?$`, 'si');
}
