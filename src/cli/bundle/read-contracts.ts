import type { BundledContract } from '#cli/bundle/release-format';
import { CommandFault, EXIT } from '#cli/command/exit-code';
import { type ContractAnswer, contractPageSchema, contractSchema } from '#cli/contract/answers';
import { parseAnswer } from '#cli/contract/contract-registry';
import type { RegistryClient } from '#cli/remote/registry-client';

/** Every contract of a scope as it stood at one position of the log. */
export interface ReadContracts {
  readonly position: number;
  readonly contracts: ReadonlyMap<string, BundledContract>;
}

export interface ReadOptions {
  readonly client: RegistryClient;
  /** What the names begin with. Default: anything. */
  readonly select?: string;
  readonly onBegin: (total: number) => void;
  readonly onContract: (name: string) => void;
}

const PAGE = 1_000;
const PAGES_MAX = 10_000;
const READS_AT_ONCE = 8;
const PRE_RELEASE = /^\d+\.\d+\.\d+-/;

/**
 * Reads the latest approved version of every contract. All is read at the position that the first page shows, whatever is
 * published meanwhile: a pre-release counts only where there is no release.
 * @throws ResponseError, CommandFault for answers that do not fit together
 */
export async function readContracts(options: ReadOptions): Promise<ReadContracts> {
  const { position, latest } = await readLatest(options);
  options.onBegin(latest.size);
  const left = [...latest];
  const contracts = new Map<string, BundledContract>();
  const lane = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const [name, version] = next;
      contracts.set(name, await readContract(options.client, { name, version, position }));
      options.onContract(name);
    }
  };
  await Promise.all(Array.from({ length: READS_AT_ONCE }, lane));
  return { position, contracts };
}

async function readLatest({ client, select }: ReadOptions) {
  const latest = new Map<string, string>();
  const prefix = select === undefined ? '' : `&name=${encodeURIComponent(select)}`;
  let path: string | undefined = `/registry/contracts?limit=${PAGE}&stage=approved${prefix}`;
  let position: number | undefined;
  for (let pages = 0; path !== undefined; pages += 1) {
    if (pages === PAGES_MAX) throw unfit(path, 'its pages do not end');
    const { bytes, headers } = await client.ask(path, { method: 'GET' });
    const at = Number(headers.get('atlas-position') ?? Number.NaN);
    if (!Number.isSafeInteger(at)) throw unfit(path, 'it names no position');
    position ??= at;
    if (at !== position) throw unfit(path, `it shows position ${at}, the first page ${position}`);
    // The list comes in the order of versions: what stands later is higher.
    for (const { name, version, stage } of parseAnswer(contractPageSchema, path, bytes).contracts) {
      const before = latest.get(name);
      const yields = before !== undefined && PRE_RELEASE.test(version) && !PRE_RELEASE.test(before);
      if ((stage ?? 'approved') === 'approved' && !yields) latest.set(name, version);
    }
    path = nextPage(headers.get('link'));
  }
  return { position: position ?? 0, latest };
}

/** The path of the next page inside the scope; the client adds the scope itself. */
function nextPage(link: string | null): string | undefined {
  const target = /<([^>]*)>\s*;\s*rel="next"/.exec(link ?? '')?.[1];
  return target?.replace(/^.*?(?=\/registry\/contracts\?)/, '');
}

async function readContract(
  client: RegistryClient,
  { name, version, position }: { name: string; version: string; position: number },
): Promise<BundledContract> {
  const path = `/registry/contracts/${encodeURIComponent(name)}/${encodeURIComponent(version)}?at=${position}`;
  const { bytes, headers } = await client.ask(path, { method: 'GET' });
  const answer = parseAnswer(contractSchema, path, bytes);
  if (answer.name !== name || answer.version !== version)
    throw unfit(path, 'it is another contract');
  const digest = digestOf(answer, headers.get('etag'));
  if (digest === undefined) throw unfit(path, 'it names no digest');
  const { jsonSchema, wit, descriptor, references } = answer;
  return {
    version,
    digest,
    ...(jsonSchema === undefined ? {} : { jsonSchema }),
    ...(wit === undefined ? {} : { wit: wit.map(({ path: at, text }) => ({ path: at, text })) }),
    ...(descriptor === undefined ? {} : { descriptor }),
    ...(references === undefined
      ? {}
      : {
          references: references.map(({ uri, name: to, version: of }) => ({
            uri,
            name: to,
            version: of,
          })),
        }),
  };
}

/** The content of a version never changes: its entity tag is made of its digest. */
function digestOf(answer: ContractAnswer, etag: string | null): string | undefined {
  const { digest } = answer;
  if (typeof digest === 'string') return digest;
  const hex = /[0-9a-f]{64}/.exec(etag ?? '')?.[0];
  return hex === undefined ? undefined : `sha256:${hex}`;
}

function unfit(path: string, is: string): CommandFault {
  return new CommandFault(
    EXIT.unreachable,
    `Cannot use the answer of ${path}: ${is} (want a registry of this version)`,
  );
}
