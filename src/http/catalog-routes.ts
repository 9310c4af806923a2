import { z } from 'zod';
import { atQuery } from '#http/api-schemas';
import { CatalogDocuments } from '#http/catalog-documents';
import { matchesEtag, strongEtag } from '#http/conditional';
import { asOfCatalog, POSITION_HEADER } from '#http/consistency';
import { catalogSchema } from '#http/dataset-schemas';
import type { HttpDependencies } from '#http/dependencies';
import { type ParsedRequest, type Reply, type Route, route } from '#http/route';

const query = z.strictObject({ at: atQuery });
type CatalogRequest = Pick<
  ParsedRequest<never, z.output<typeof query>, never>,
  'query' | 'scope' | 'header'
>;

const unchanged = { 304: { description: 'It has not changed' } };

/** The routes that give the whole catalog of a scope: to people and services, and as the file of a store. */
export function catalogRoutes(dependencies: HttpDependencies): readonly Route[] {
  const documents = new CatalogDocuments(dependencies.limits.catalogCacheBytesMax);
  const send = sender(dependencies, documents);
  const schema = catalogSchema;
  return [
    route({
      method: 'get',
      path: '/catalog',
      operationId: 'getCatalog',
      summary: 'Get every published dataset, sorted by name',
      tag: 'datasets',
      query,
      responses: { 200: { description: 'The catalog', schema }, ...unchanged },
      handle: async (request) => send(request, ({ body }) => ({ body })),
    }),
    route({
      method: 'get',
      path: '/store/catalog.json',
      operationId: 'getStoreCatalog',
      summary: 'Get the catalog as the file of a store: the same bytes as /catalog',
      tag: 'store',
      query,
      responses: { 200: { description: 'The catalog', schema }, ...unchanged },
      handle: async (request) => send(request, ({ body }) => ({ body })),
    }),
    route({
      method: 'get',
      path: '/store/catalog.sha256',
      operationId: 'getStoreCatalogDigest',
      summary: 'Get the SHA-256 of catalog.json, as sha256sum writes it',
      tag: 'store',
      query,
      responses: { 200: { description: 'The digest', contentType: 'text/plain' }, ...unchanged },
      handle: async (request) =>
        send(request, ({ sha256 }) => ({
          body: `${sha256}  catalog.json\n`,
          contentType: 'text/plain; charset=utf-8',
        })),
    }),
  ];
}

type CatalogDocument = Awaited<ReturnType<CatalogDocuments['get']>>;

function sender(dependencies: HttpDependencies, documents: CatalogDocuments) {
  return async (
    { query: { at }, scope, header }: CatalogRequest,
    show: (document: CatalogDocument) => Pick<Reply, 'body' | 'contentType'>,
  ): Promise<Reply> => {
    const position = await asOfCatalog(dependencies, { header, at });
    const document = await documents.get(dependencies.catalog().datasets, scope, position);
    const etag = strongEtag(document.sha256);
    const headers = { [POSITION_HEADER]: String(position), ETag: etag };
    if (matchesEtag(header('if-none-match'), etag)) return { status: 304, headers };
    return { status: 200, headers, ...show(document) };
  };
}
