import { expect, it } from 'vitest';
import { costOf } from '#http/limits/request-cost';

const COSTS = { writeCost: 5, checkCost: 25 };

it.each<[string, string, number]>([
  ['GET', '/registry/contracts/a.b/v1', 1],
  ['GET', '/registry/contracts?limit=5', 1],
  ['HEAD', '/healthz', 1],
  ['GET', '/registry/contracts/a.b/v1/diff/v2', 25],
  ['GET', '/registry/contracts/a.b/v1/diff/v2?at=7', 25],
  ['GET', '/tenants/acme/environments/dev/registry/contracts/a.b/v1/diff/v2', 25],
  ['GET', '/registry/datasets?x=/diff/', 1],
  ['POST', '/registry/contracts', 25],
  ['POST', '/tenants/acme/environments/dev/registry/contracts', 25],
  ['POST', '/registry/contracts/a.b/check', 25],
  ['POST', '/registry/contracts/a.b/check?x=1', 25],
  ['POST', '/registry/contracts/a.b/v1/promote', 25],
  ['POST', '/Registry/CONTRACTS/a.b/Check/', 25],
  ['GET', '/registry/contracts/a.b/v1/DIFF/v2/', 25],
  ['GET', '/registry/contracts?x=/diff/', 1],
  ['POST', '/registry/contracts/a.b/v1/stage', 5],
  ['PUT', '/registry/contracts/a.b/compatibility', 5],
  ['POST', '/registry/datasets', 5],
  ['PUT', '/registry/artifacts/00', 5],
  ['POST', '/nowhere', 5],
  ['DELETE', '/registry/contracts/a.b', 5],
])('%s %s costs %i', (method, url, cost) => {
  expect(costOf({ method, url }, COSTS)).toBe(cost);
});
