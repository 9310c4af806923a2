import type { Command } from 'commander';
import type { AtlasClient } from '#api-client/atlas-client';
import { NotFoundError } from '#api-client/errors';
import type { Schemas } from '#api-client/operations';
import type { CommandHost } from '#cli/command/command-host';
import { CommandFault, EXIT } from '#cli/command/exit-code';
import { jsonLine, printable } from '#cli/command/printable';
import { addTargetOptions, type TargetFlags } from '#cli/command/target-options';
import { bytesText } from '#cli/dataset/describe-manifest';
import { explain } from '#cli/manual/manual-command';
import { runRemote } from '#cli/remote/run-remote';

type Verified = Omit<Schemas['VerifiedCache'], 'next_cursor'>;
type CachedFile = Verified['unread'][number];

interface EvictFlags extends TargetFlags {
  readonly unused?: boolean;
}

const NODE = `It speaks to the node that --url or the profile names, which must have ATLAS_ENABLE_ADMIN_ENDPOINTS=true, and asks for
registry:admin where tokens are asked for; then it is about files of the tenant and environment alone.`;
const DIGEST_SHOWN = 16;

const VERIFY_MANUAL = {
  about: `Reads cached files again and compares them with their digests, with low priority. What is damaged goes out of service and is
downloaded again when somebody asks; what is damaged again and again goes into quarantine.

${NODE}`,
  examples: [
    'atlas-registry cache verify',
    'atlas-registry cache verify 110/homo_sapiens/GRCh38 --json',
  ],
  exits: {
    [EXIT.ok]: 'every file is what it should be',
    [EXIT.refused]: 'a file is damaged or could not be read, or it is not allowed',
  },
  seeAlso: ['docs/caching.md'],
};
const EVICT_MANUAL = {
  about: `Removes files that nobody uses. What a request reads, what is pinned and what another dataset has too stays. What is gone is
downloaded when somebody asks for it.

${NODE}`,
  examples: [
    'atlas-registry cache evict 110/homo_sapiens/GRCh38',
    'atlas-registry cache evict --unused',
  ],
  exits: {
    [EXIT.ok]: 'done; with --unused also where files stayed',
    [EXIT.refused]: 'something of the dataset stayed, or it is not allowed',
  },
  seeAlso: ['docs/caching.md'],
};

/** Adds `cache verify` and `cache evict`. */
export function addCacheUpkeep(group: Command, host: CommandHost): void {
  const verify = group
    .command('verify')
    .description('Read cached files again, and compare them with their digests.')
    .argument('[name]', 'only those of this dataset');
  explain(verify, VERIFY_MANUAL);
  addTargetOptions(verify).action(async (dataset: string | undefined, flags: TargetFlags) =>
    runRemote(host, flags, async (client) => {
      const found = await allowed(flags, async () => await verifyAll(client, dataset));
      const text = describeVerified(found);
      host.out.write(flags.json === true ? jsonLine(found) : text);
      return found.damaged_count + found.unread.length > 0 ? EXIT.refused : EXIT.ok;
    }),
  );
  const evict = group
    .command('evict')
    .description('Let go of cached files that nobody uses.')
    .argument('[name]', 'those of this dataset')
    .option('--unused', 'everything that nobody uses');
  explain(evict, EVICT_MANUAL);
  addTargetOptions(evict).action(async (dataset: string | undefined, flags: EvictFlags) =>
    runRemote(host, flags, async (client) => {
      const body = meant(dataset, flags);
      const { data } = await allowed(flags, async () => await client.call('evictCache', { body }));
      host.out.write(flags.json === true ? jsonLine(data) : describeEvicted(data));
      return dataset !== undefined && data.kept.length > 0 ? EXIT.refused : EXIT.ok;
    }),
  );
}

function meant(dataset: string | undefined, { unused }: EvictFlags): Schemas['EvictCache'] {
  if (dataset !== undefined && unused !== true) return { dataset };
  if (dataset === undefined && unused === true) return { unused };
  throw new CommandFault(
    EXIT.usage,
    'Cannot tell what to evict: a dataset or --unused is missing, or both are given (want one of them)',
  );
}

/** Verifies until nothing is left: a request has only so much time. */
async function verifyAll(client: AtlasClient, dataset: string | undefined): Promise<Verified> {
  const only = dataset === undefined ? {} : { dataset };
  let sum: Verified | undefined;
  let cursor: string | undefined;
  do {
    const body = cursor === undefined ? only : { ...only, cursor };
    const { data } = await client.call('verifyCache', { body });
    const { next_cursor: next, ...part } = data;
    sum = sum === undefined ? part : added(sum, part);
    cursor = next;
  } while (cursor !== undefined);
  return sum;
}

function added(sum: Verified, part: Verified): Verified {
  return {
    checked_count: sum.checked_count + part.checked_count,
    damaged_count: sum.damaged_count + part.damaged_count,
    bytes: sum.bytes + part.bytes,
    duration_ms: sum.duration_ms + part.duration_ms,
    damaged: [...sum.damaged, ...part.damaged],
    unread: [...sum.unread, ...part.unread],
  };
}

/** Sends what not every node takes. @throws CommandFault where this one does not */
async function allowed<T>({ url }: TargetFlags, send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    throw new CommandFault(
      EXIT.refused,
      `Cannot look after the cache of ${JSON.stringify(url)}: it lets nobody (want a node with ATLAS_ENABLE_ADMIN_ENDPOINTS=true, and a tenant and environment of the token)`,
      { cause: error },
    );
  }
}

function describeVerified({ checked_count: count, damaged, unread, bytes }: Verified): string {
  const lines = [
    ...damaged.map(
      (file) =>
        `damaged  ${fileText(file)}${file.quarantined_until === null ? ': it is downloaded again' : `: in quarantine until ${file.quarantined_until}`}`,
    ),
    ...unread.map((file) => `unread   ${fileText(file)}`),
    `${filesText(count)} checked, ${bytesText(bytes)}: ${damaged.length} damaged, ${unread.length} unread`,
  ];
  return `${lines.map(printable).join('\n')}\n`;
}

const REASONS = {
  leased: 'somebody reads it',
  pinned: 'it is pinned',
  shared: 'another dataset has it too',
} as const;

function describeEvicted({ evicted, kept, bytes, ...rest }: Schemas['EvictedCache']): string {
  const lines = [
    ...evicted.map((file) => `evicted  ${fileText(file)}`),
    ...kept.map((file) => `kept     ${fileText(file)}: ${REASONS[file.because] ?? file.because}`),
    `${filesText(evicted.length)} evicted, ${bytesText(bytes)} free again, ${kept.length} kept`,
    ...(rest.has_more === true ? ['There was no time for the rest: run it again'] : []),
  ];
  return `${lines.map(printable).join('\n')}\n`;
}

function fileText({ sha256, datasets, bytes, kind }: CachedFile): string {
  const whose = datasets.length === 0 ? 'no dataset' : datasets.join(', ');
  return `${sha256.slice(0, DIGEST_SHOWN)}…  ${kind}  ${bytesText(bytes)}  ${whose}`;
}

function filesText(count: number): string {
  return `${count} ${count === 1 ? 'file' : 'files'}`;
}
