import type { Command } from 'commander';
import { BundleCache } from '#cli/bundle/bundle-cache';
import {
  AGE_HOURS_MAX,
  ALIAS,
  CACHE_FOLDER,
  parseAlias,
  parseHours,
  parseSeconds,
  parseTag,
} from '#cli/bundle/bundle-options';
import { exitCodeOfStatus, writeStatus } from '#cli/bundle/bundle-status';
import { fetchBundle } from '#cli/bundle/fetch-bundle';
import { readVerifyingKeys } from '#cli/bundle/signing-key';
import type { CommandHost } from '#cli/command/command-host';
import { CommandFault, EXIT, type ExitCode, runToExit } from '#cli/command/exit-code';
import { addTargetOptions, collect, type TargetFlags } from '#cli/command/target-options';
import { connectScope } from '#cli/contract/contract-registry';
import { explain } from '#cli/manual/manual-command';
import { scopeByName } from '#cli/profile/choose-target';

interface Flags extends TargetFlags {
  readonly publicKey: readonly string[];
  readonly tag?: string;
  readonly alias?: string;
  readonly cache: string;
  readonly maxAgeHours: string;
  readonly fallbackTag?: string;
  readonly deadlineSeconds: string;
}

/** Long enough for the largest bundle over a slow line, and short enough for a service that starts. */
const DEADLINE_SECONDS = '60';

const MANUAL = {
  examples: [
    'atlas-registry contract bundle fetch --public-key bundle-key.pub.pem',
    'atlas-registry contract bundle fetch --public-key bundle-key.pub.pem --tag contracts-20260131-1a2b3c4d',
  ],
  exits: {
    [EXIT.ok]:
      'it is here and verified: the one that was wanted, or the last one while the registry is away',
    [EXIT.refused]: 'it does not verify, or there is none',
    [EXIT.unreachable]: 'the registry is away, and what is here is missing or too old',
  },
  seeAlso: ['docs/contracts-ci.md'],
};

/** Adds `contract bundle fetch`. */
export function addFetchCommand(group: Command, host: CommandHost): void {
  const fetch = group
    .command('fetch')
    .description(
      'Bring a release here and verify it. While the registry is away, the last one that verified is used.',
    )
    .requiredOption('--public-key <file>', 'PEM; may be repeated for rotation', collect)
    .option('--tag <tag>', 'one release, for ever')
    .option('--alias <alias>', `what the alias names now (default: "${ALIAS}")`)
    .option('--cache <folder>', 'where releases are kept', CACHE_FOLDER)
    .option('--max-age-hours <hours>', 'how old the last release may be then', AGE_HOURS_MAX)
    .option('--fallback-tag <tag>', 'what to use when a release is refused or was never here')
    .option('--deadline-seconds <seconds>', 'for the whole download', DEADLINE_SECONDS);
  explain(fetch, MANUAL);
  addTargetOptions(fetch).action(async (flags: Flags) =>
    runToExit(host, async (signal) => run(flags, host, signal)),
  );
}

async function run(flags: Flags, host: CommandHost, signal: AbortSignal): Promise<ExitCode> {
  const scope = scopeByName(flags);
  const { tag, alias, fallbackTag } = flags;
  if (tag !== undefined && alias !== undefined)
    throw new CommandFault(
      EXIT.usage,
      'Cannot fetch a release: --tag and --alias are given (want one of them)',
    );
  const keys = await readVerifyingKeys(flags.publicKey);
  const deadline = AbortSignal.timeout(parseSeconds(flags.deadlineSeconds));
  const status = await fetchBundle({
    client: connectScope({ ...flags, ...scope }, AbortSignal.any([signal, deadline])),
    cache: new BundleCache(flags.cache),
    keys,
    ...scope,
    name: tag === undefined ? parseAlias(alias ?? ALIAS) : parseTag(tag),
    ...(fallbackTag === undefined ? {} : { fallbackTag: parseTag(fallbackTag) }),
    ageMsMax: parseHours(flags.maxAgeHours),
    nowMs: host.nowMs,
  });
  writeStatus(status, host, flags.json === true);
  return exitCodeOfStatus(status);
}
