import type { IncomingMessage, ServerResponse } from 'node:http';
import { planGenes } from '#cache/query/genes';
import type { ServedDataset } from '#cache/served-dataset';
import { type DatasetName, parseDatasetName } from '#domain/dataset-name';
import { isRegistryError } from '#domain/errors';
import { DEFAULT_SCOPE } from '#domain/scope';
import { matchesEtag } from '#http/conditional';
import { answerTag, jsonBody, UNPINNED, VARY } from '#http/dataset-answer';
import type { HttpDependencies } from '#http/dependencies';
import { geneRequestOf } from '#http/gene-params';
import { SECURITY_HEADER_LIST } from '#http/security-headers';

const PATH = '/v1/genes?';
const LIMIT = 100;
/** Headers with which an answer may be another one. */
const SLOW_HEADERS = ['atlas-tenant', 'atlas-environment', 'atlas-min-position'];
const NAMES_MAX = 10_000;

/**
 * Answers the one request that is asked for most, one gene of the default scope by its id, without routing and schemas:
 * they take five times as long as the look-up. Whatever it does not know for sure it leaves to the route, which gives the
 * same answer.
 */
export class FastGenes {
  readonly #dependencies: HttpDependencies;
  /** Names as they stand in addresses. */
  readonly #names = new Map<string, DatasetName>();

  constructor(dependencies: HttpDependencies) {
    this.#dependencies = dependencies;
  }

  /** Answers a request if it can, with headers of this one: names and values in turn. Gives the bytes of the body if it has. */
  answer(
    request: IncomingMessage,
    response: ServerResponse,
    own: readonly string[],
  ): number | undefined {
    const { url = '', method, headers } = request;
    if (method !== 'GET' || !url.startsWith(PATH)) return undefined;
    const { serving, catalogView, guard } = this.#dependencies;
    if (guard !== undefined) return undefined;
    if (serving.rateLimit !== undefined || !catalogView.caughtUp) return undefined;
    if (SLOW_HEADERS.some((name) => headers[name] !== undefined)) return undefined;
    if (headers.accept !== undefined && /jsonl|ndjson/i.test(headers.accept)) return undefined;
    const asked = parametersOf(url);
    const name = asked === undefined ? undefined : this.#nameOf(asked.dataset);
    if (asked === undefined || name === undefined) return undefined;
    const dataset = serving.directory.known(DEFAULT_SCOPE, name);
    return dataset === undefined
      ? undefined
      : this.#send(dataset, asked, { request, response, own });
  }

  #send(
    dataset: ServedDataset,
    { geneId, include }: Parameters,
    at: {
      readonly request: IncomingMessage;
      readonly response: ServerResponse;
      readonly own: readonly string[];
    },
  ): number | undefined {
    const { serving } = this.#dependencies;
    const { request, response, own } = at;
    try {
      const genes = geneRequestOf({ gene_id: geneId, include, limit: LIMIT });
      const { sha256 } = dataset.entry.artifact;
      const etag = answerTag(sha256);
      const shared = [
        ...own,
        'Vary',
        VARY,
        'ETag',
        etag,
        'Cache-Control',
        UNPINNED,
        ...SECURITY_HEADER_LIST,
      ];
      const ifNoneMatch = request.headers['if-none-match'];
      if (ifNoneMatch !== undefined && matchesEtag(ifNoneMatch, etag)) {
        response.writeHead(304, shared);
        response.end();
        return 0;
      }
      const page = serving.reader.now(dataset, planGenes(genes));
      if (page === undefined) return undefined;
      const body = jsonBody({ name: dataset.name, artifact: sha256 }, page.rows);
      const bytes = Buffer.byteLength(body);
      const ofBody = ['Content-Type', 'application/json', 'Content-Length', String(bytes)];
      response.writeHead(200, [...shared, ...ofBody]);
      response.end(body);
      return bytes;
    } catch (error) {
      // The route says what is wrong.
      if (isRegistryError(error)) return undefined;
      throw error;
    }
  }

  #nameOf(text: string): DatasetName | undefined {
    const known = this.#names.get(text);
    if (known !== undefined) return known;
    try {
      const name = parseDatasetName(text);
      if (this.#names.size >= NAMES_MAX) this.#names.clear();
      this.#names.set(text, name);
      return name;
    } catch {
      return undefined;
    }
  }
}

interface Parameters {
  readonly dataset: string;
  readonly geneId: string;
  readonly include: string | undefined;
}

/** Reads the parameters of a request for one gene; `undefined` for every other request. */
function parametersOf(url: string): Parameters | undefined {
  let [dataset, geneId, include]: (string | undefined)[] = [];
  for (const part of url.slice(PATH.length).split('&')) {
    const at = part.indexOf('=');
    if (at < 0) return undefined;
    const value = decoded(part.slice(at + 1));
    if (value === undefined || value === '' || value.length > 256) return undefined;
    const name = part.slice(0, at);
    if (name === 'dataset' && dataset === undefined) dataset = value;
    else if (name === 'gene_id' && geneId === undefined) geneId = value;
    else if (name === 'include' && include === undefined) include = value;
    else return undefined;
  }
  return dataset === undefined || geneId === undefined ? undefined : { dataset, geneId, include };
}

function decoded(text: string): string | undefined {
  if (!text.includes('%') && !text.includes('+')) return text;
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}
