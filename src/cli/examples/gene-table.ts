import { readFileSync } from 'node:fs';
import { brotliDecompressSync } from 'node:zlib';

/** One gene. Coordinates are 1-based and closed. */
export interface Gene {
  readonly geneId: string;
  readonly name: string;
  readonly seqid: string;
  readonly start: number;
  readonly end: number;
}

/** A gene table as the examples hold it. */
export interface GeneTable {
  /** `release/species/assembly`. */
  readonly dataset: string;
  readonly source: string;
  readonly genes: readonly Gene[];
}

const ID_DIGITS: Readonly<Record<string, number>> = { WBGene: 8, FBgn: 7 };
const ENSEMBL_ID_DIGITS = 11;

/** Reads a compressed gene table. @throws Error when the file is not one */
export function readGeneTable(path: string, dataset: string): GeneTable {
  const lines = brotliDecompressSync(readFileSync(path)).toString('utf8').trimEnd().split('\n');
  const heads = lines
    .filter((line) => line.startsWith('#'))
    .map((line) => line.slice(1).split('\t'));
  const head = (name: string): string => {
    const value = heads.find(([key]) => key === name)?.[1];
    if (value === undefined)
      throw new Error(`Cannot read gene table "${path}": it has no line #${name}`);
    return value;
  };
  const prefix = head('prefix');
  const digits = ID_DIGITS[prefix] ?? ENSEMBL_ID_DIGITS;
  const genes = lines.slice(heads.length).map((line) => {
    const [seqid = '', start = '', length = '', id = '', name = ''] = line.split('\t');
    return {
      // The table leaves out the leading zeros of ids, and gives "end minus start" as the length.
      geneId: `${prefix}${id.padStart(digits, '0')}`,
      name,
      seqid,
      start: Number(start),
      end: Number(start) + Number(length),
    };
  });
  return { dataset, source: head('source'), genes };
}
