import { behindPrefix, foldName } from '#cache/query/fold-name';
import type { QueryClass, SqlValue } from '#cache/query/query';
import { quote, RegistryError } from '#domain/errors';

/** What of a gene is shown beside its id and name. */
export type GeneInclude = 'coords' | 'biotype' | 'counts' | 'length';

export type GeneSort = 'gene_id' | 'region';

/** A stretch of one sequence: 1-based, both ends included. */
export interface GeneRegion {
  readonly seqid: string;
  readonly start: number;
  readonly end: number;
  /** `overlap`: any base in common. `containment`: all of the gene. `boundary_touch`: it ends or starts at a bound. */
  readonly mode: 'overlap' | 'containment' | 'boundary_touch';
}

/** Which genes are meant; all that are given must hold. `geneId` stands alone, `name` without `namePrefix`. */
export interface GeneFilter {
  readonly geneId?: string;
  /** A whole name, in any case. */
  readonly name?: string;
  /** The beginning of a name, in any case: 2 to 64 characters when it is folded. */
  readonly namePrefix?: string;
  readonly biotype?: string;
  readonly region?: GeneRegion;
}

export interface GeneRequest {
  readonly filter: GeneFilter;
  readonly include: ReadonlySet<GeneInclude>;
  /** `region` sorts by start, and needs a region. */
  readonly sort: GeneSort;
  /** 1 to 500. */
  readonly limit: number;
  /** The sort key of the first gene that is wanted, as the page before it gave it. */
  readonly from?: readonly SqlValue[];
}

/** A filter that was checked, its names folded. */
export interface CheckedFilter {
  readonly name?: string;
  readonly prefix?: { readonly from: string; readonly behind: string | undefined };
  readonly biotype?: string;
  readonly region?: GeneRegion;
}

export const LIMIT_MAX = 500;
const SPAN_MAX = 5_000_000;
const PREFIX_MIN = 2;
const PREFIX_MAX = 64;

/**
 * Checks a filter without a gene id.
 * @throws INVALID_REQUEST for values that make no sense, QUERY_TOO_BROAD for a prefix that is too short or a region too long
 */
export function checkFilter({ name, namePrefix, biotype, region }: GeneFilter): CheckedFilter {
  if (name !== undefined && namePrefix !== undefined)
    throw invalid('filter', 'name', 'a prefix is given too (want one of both)');
  if (region !== undefined) checkRegion(region);
  return {
    ...(name === undefined ? {} : { name: foldName(name) }),
    ...(namePrefix === undefined ? {} : { prefix: checkPrefix(namePrefix) }),
    ...(biotype === undefined ? {} : { biotype }),
    ...(region === undefined ? {} : { region }),
  };
}

/** How much a filter costs: what is read for it is bounded by one gene, by a name or a kind of gene, or hardly. */
export function classOf({ geneId, namePrefix, region }: GeneFilter): QueryClass {
  if (geneId !== undefined) return 'cheap';
  return namePrefix !== undefined || region !== undefined ? 'heavy' : 'medium';
}

/** Refuses every filter beside a gene id. @throws INVALID_REQUEST */
export function checkAlone({ geneId = '', ...others }: GeneFilter): void {
  const other = Object.entries(others).find(([, value]) => value !== undefined);
  if (other !== undefined)
    throw invalid('gene id', geneId, `the filter "${other[0]}" is given too (want it alone)`);
}

/** @throws INVALID_REQUEST */
export function checkLimit(limit: number): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > LIMIT_MAX)
    throw invalid('limit', String(limit), `it is out of bounds (want 1 to ${LIMIT_MAX})`);
}

/** Checks the sort key of a page. @throws INVALID_CURSOR when it is not one of this sort */
export function checkFrom(sort: GeneSort, from: readonly SqlValue[]): void {
  const want = sort === 'region' ? ['number', 'string', 'number'] : ['string', 'number'];
  const is = from.map((value) => typeof value);
  if (is.join() === want.join()) return;
  throw new RegistryError(
    'INVALID_CURSOR',
    `Cannot go on at cursor "${is.join()}": it is not of the sort "${sort}" (want "${want.join()}")`,
  );
}

function checkPrefix(prefix: string): NonNullable<CheckedFilter['prefix']> {
  const from = foldName(prefix);
  const { length } = Array.from(from);
  if (length < PREFIX_MIN)
    throw broad('prefix', prefix, `it has ${length} characters (want ${PREFIX_MIN} or more)`);
  if (length > PREFIX_MAX)
    throw invalid('prefix', prefix, `it has ${length} characters (want at most ${PREFIX_MAX})`);
  return { from, behind: behindPrefix(from) };
}

function checkRegion({ seqid, start, end }: GeneRegion): void {
  const shown = `${seqid}:${start}-${end}`;
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 1 || end < start)
    throw invalid('region', shown, 'it is no stretch (want 1 <= start <= end)');
  const span = end - start + 1;
  if (span > SPAN_MAX)
    throw broad('region', shown, `it spans ${span} bases (want at most ${SPAN_MAX})`);
}

/** Makes the error for a request that nothing can be made of. */
export function invalid(noun: string, value: string, is: string): RegistryError {
  return new RegistryError('INVALID_REQUEST', `Cannot use ${noun} ${quote(value)}: ${is}`);
}

/** Makes the error for a request that would read too much. */
export function broad(noun: string, value: string, is: string): RegistryError {
  return new RegistryError('QUERY_TOO_BROAD', `Cannot use ${noun} ${quote(value)}: ${is}`);
}
