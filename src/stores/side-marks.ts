import { z } from 'zod';
import { RegistryError } from '#domain/errors';
import type { StoreFiles } from '#stores/publisher';

const FOLDER = 'sides';
const MARK_BYTES_MAX = 16_384;
const NAME = /^(\d{12})\.json$/;

const MARK = z.object({
  format: z.literal(1),
  number: z.number().int().positive(),
  promoted_at: z.string(),
  streams: z.array(
    z.object({ name: z.string(), created: z.string(), position: z.number().int().min(0) }),
  ),
});

/** Says that a side was promoted: from then on its streams are the log. Marks are numbered; the newest one counts. */
export interface SideMark {
  readonly number: number;
  /** RFC 3339. */
  readonly promotedAt: string;
  readonly streams: readonly {
    readonly name: string;
    /** When the stream was created: no stream of another side has the same. */
    readonly created: string;
    /** Where it ended when it was promoted. */
    readonly position: number;
  }[];
}

/** What reading marks needs of a store. */
export interface MarkFiles {
  list(folder: string): Promise<readonly string[]>;
  read(path: string, bytesMax: number): Promise<Uint8Array | undefined>;
}

/** Reads the newest mark; `undefined` where nothing was ever promoted. @throws STORE_UNAVAILABLE, CHECKSUM_MISMATCH */
export async function newestSideMark(files: MarkFiles): Promise<SideMark | undefined> {
  const listed = await files.list(FOLDER);
  const name = listed.findLast((one) => NAME.test(one));
  if (name === undefined) return undefined;
  const bytes = await files.read(`${FOLDER}/${name}`, MARK_BYTES_MAX);
  const mark = bytes === undefined ? undefined : parsed(bytes);
  if (mark !== undefined) return mark;
  throw new RegistryError(
    'CHECKSUM_MISMATCH',
    `Cannot read mark "${FOLDER}/${name}": it is no mark of a side (want what "atlas-registry standby promote" has written)`,
  );
}

/** Writes a mark behind the newest one, or finds that it is there already. @throws STORE_UNAVAILABLE, CONTENTION */
export async function writeSideMark(
  files: MarkFiles & Pick<StoreFiles, 'create'>,
  { promotedAt, streams }: Omit<SideMark, 'number'>,
): Promise<SideMark> {
  const newest = await newestSideMark(files);
  if (newest !== undefined && streams.every((stream) => names(newest, stream))) return newest;
  const number = (newest?.number ?? 0) + 1;
  const path = `${FOLDER}/${String(number).padStart(12, '0')}.json`;
  const document = { format: 1, number, promoted_at: promotedAt, streams };
  if (await files.create(path, Buffer.from(`${JSON.stringify(document, undefined, 2)}\n`)))
    return { number, promotedAt, streams };
  throw new RegistryError(
    'CONTENTION',
    `Cannot write mark "${path}": somebody else has promoted a side meanwhile (want one promotion at a time)`,
  );
}

/** Says whether a mark names a stream as the log. */
export function names(
  { streams }: SideMark,
  { name, created }: { readonly name: string; readonly created: string },
): boolean {
  return streams.some((one) => one.name === name && one.created === created);
}

function parsed(bytes: Uint8Array): SideMark | undefined {
  try {
    const {
      number,
      promoted_at: promotedAt,
      streams,
    } = MARK.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
    return { number, promotedAt, streams };
  } catch {
    return undefined;
  }
}
