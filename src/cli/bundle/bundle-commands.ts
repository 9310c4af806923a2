import type { Command } from 'commander';
import { BundleCache, readReleaseFolder } from '#cli/bundle/bundle-cache';
import { AGE_HOURS_MAX, CACHE_FOLDER, parseHours } from '#cli/bundle/bundle-options';
import { exitCodeOfStatus, metadataOf, writeStatus } from '#cli/bundle/bundle-status';
import { cacheStatus, writeCacheStatus } from '#cli/bundle/cache-overview';
import { addFetchCommand } from '#cli/bundle/fetch-command';
import { addReleaseCommand } from '#cli/bundle/release-command';
import { makeKeyPair, readVerifyingKeys } from '#cli/bundle/signing-key';
import { verifyRelease } from '#cli/bundle/verify-release';
import type { CommandHost } from '#cli/command/command-host';
import { CommandFault, EXIT, runToExit } from '#cli/command/exit-code';
import { printable } from '#cli/command/printable';
import { collect } from '#cli/command/target-options';
import { explain } from '#cli/manual/manual-command';

/** Adds `contract bundle` and everything under it. */
export function addBundleCommands(contract: Command, host: CommandHost): void {
  const group = contract
    .command('bundle')
    .description('Release the approved contracts of a scope, signed, and use them elsewhere.');
  explain(group, { seeAlso: ['docs/contracts-ci.md'] });
  addReleaseCommand(group, host);
  addFetchCommand(group, host);
  addVerify(group, host);
  addStatus(group, host);
  addKey(group, host);
}

const VERIFY_MANUAL = {
  examples: ['atlas-registry contract bundle verify ./release --public-key bundle-key.pub.pem'],
  exits: {
    [EXIT.ok]: 'it is whole, and signed by one of the keys',
    [EXIT.refused]: 'its signature or a file does not fit',
    [EXIT.usage]: 'used wrongly, or the folder holds no release',
  },
};
const STATUS_MANUAL = {
  examples: ['atlas-registry contract bundle status --max-age-hours 48'],
  exits: {
    [EXIT.refused]: 'there is none, or it does not verify',
    [EXIT.unreachable]: 'it is older than --max-age-hours: the registry was away',
  },
};
const KEY_MANUAL = {
  about:
    'Files that are there already are left alone. The private key signs; give the public one to every consumer.',
  examples: ['atlas-registry contract bundle key /etc/atlas/bundle-key.pem'],
};

function addVerify(group: Command, host: CommandHost): void {
  const verify = group
    .command('verify')
    .description('Verify the files of a release in a folder. Needs no registry.')
    .argument('<folder>', 'where the four files lie')
    .requiredOption('--public-key <file>', 'PEM; may be repeated for rotation', collect)
    .option('--json', 'print JSON for machines');
  explain(verify, VERIFY_MANUAL).action(
    async (folder: string, flags: { publicKey: readonly string[]; json?: boolean }) =>
      runToExit(host, async () => {
        const keys = await readVerifyingKeys(flags.publicKey);
        const files = await readReleaseFolder(folder).catch((error: unknown) => {
          const is = error instanceof Error ? error.message : String(error);
          throw new CommandFault(
            EXIT.usage,
            `Cannot read release ${JSON.stringify(folder)}: ${is} (want a folder with the four files of a release)`,
          );
        });
        const verdict = verifyRelease(files, keys);
        const isGood = verdict.kind === 'verified';
        const message = isGood ? '' : `Release in ${folder} is refused: ${verdict.reason}`;
        const remediation = 'fetch it again, and find out who has changed it';
        const alert = { severity: 'critical', message, remediation } as const;
        const cachedAt = new Date(host.nowMs()).toISOString();
        writeStatus(
          isGood
            ? {
                status: 'loaded',
                metadata: metadataOf(verdict.manifest, cachedAt),
                folder,
                alerts: [],
                usingFallback: false,
              }
            : { status: 'verification_failed', alerts: [alert], usingFallback: false },
          host,
          flags.json === true,
        );
        return isGood ? EXIT.ok : EXIT.refused;
      }),
  );
}

interface StatusFlags {
  readonly cache: string;
  readonly maxAgeHours: string;
  readonly publicKey?: readonly string[];
  readonly json?: boolean;
}

function addStatus(group: Command, host: CommandHost): void {
  const status = group
    .command('status')
    .description('Show which releases are cached and how old they are. Needs no registry.')
    .option('--cache <folder>', 'where releases are kept', CACHE_FOLDER)
    .option('--max-age-hours <hours>', 'how old they may be', AGE_HOURS_MAX)
    .option('--public-key <file>', 'PEM: verifies them too; may be repeated', collect)
    .option('--json', 'print JSON for machines');
  explain(status, STATUS_MANUAL).action(async (flags: StatusFlags) =>
    runToExit(host, async () => {
      const keys = flags.publicKey && (await readVerifyingKeys(flags.publicKey));
      const found = await cacheStatus(new BundleCache(flags.cache), {
        ageMsMax: parseHours(flags.maxAgeHours),
        nowMs: host.nowMs(),
        keys,
      });
      writeCacheStatus(found, host, flags.json === true);
      return exitCodeOfStatus(found);
    }),
  );
}

function addKey(group: Command, host: CommandHost): void {
  const key = group
    .command('key')
    .description('Make a key pair of Ed25519 to sign releases with.')
    .argument(
      '[file]',
      'where the private key goes; the public one goes beside it',
      'bundle-key.pem',
    )
    .option('--json', 'print JSON for machines');
  explain(key, KEY_MANUAL).action(async (file: string, flags: { json?: boolean }) =>
    runToExit(host, async () => {
      const { id, publicPath } = await makeKeyPair(file);
      const facts = { publicKeyId: id, privateKey: file, publicKey: publicPath };
      const text = `${id}\n  private key: ${file} (keep it secret)\n  public key:  ${publicPath} (give it to every consumer)`;
      host.out.write(`${flags.json === true ? printable(JSON.stringify(facts)) : text}\n`);
      return EXIT.ok;
    }),
  );
}
