import { type Command, InvalidArgumentError } from 'commander';
import pc from 'picocolors';
import { describeCache } from '#cli/cache/describe-cache';
import { fetchCache } from '#cli/cache/fetch-cache';
import { type CacheThresholds, isWithin, judgeCache, REQUESTS_MIN } from '#cli/cache/judge-cache';
import { type Look, watchCache } from '#cli/cache/watch-cache';
import { messageOf } from '#cli/catalog-import/manifest-folder';
import { CommandFault, EXIT } from '#cli/command/exit-code';
import { jsonLine, printable } from '#cli/command/printable';
import { addRegistryOptions } from '#cli/command/target-options';
import { explain } from '#cli/manual/manual-command';
import type { Credentials } from '#cli/profile/credentials';
import { untilSignalled } from '#ops/signals';

interface Flags {
  readonly url: string;
  readonly credentials?: Credentials;
  readonly minHitRatio: number;
  readonly maxBytes: number;
  readonly json?: boolean;
  readonly watch?: boolean;
}

const HIT_RATIO_MIN = 0.6;
const BYTES_MAX = 8_589_934_592;
const WATCH_MS = 2_000;

const MANUAL = {
  about: `Asks one node, which must serve /debug/: ATLAS_ENABLE_ADMIN_ENDPOINTS=true and ATLAS_ENABLE_DEBUG_DATASETS=true. The hit
ratio is judged from ${REQUESTS_MIN} requests on: the first one for each dataset misses in the best of caches.`,
  examples: [
    'atlas-registry cache status --watch',
    'atlas-registry cache status --url http://reader-2:3001 --max-bytes 4294967296 --json',
  ],
  exits: {
    [EXIT.ok]: 'within the thresholds',
    [EXIT.refused]: 'a threshold is passed',
    [EXIT.unreachable]: 'nobody can tell: the registry does not answer, or does not say',
  },
  seeAlso: ['docs/caching.md'],
};

/** Adds `cache status`. */
export function addCacheStatus(group: Command): void {
  const status = group
    .command('status')
    .description('Show what is cached, and hold it to thresholds.');
  addRegistryOptions(status)
    .option('--min-hit-ratio <ratio>', 'threshold of the hit ratio', parseRatio, HIT_RATIO_MIN)
    .option('--max-bytes <bytes>', 'threshold of the disk', parseBytes, BYTES_MAX)
    .option('--json', 'print it as JSON')
    .option('--watch', `show it again every ${WATCH_MS / 1_000} s until Ctrl-C`);
  explain(status, MANUAL).action(async (flags: Flags) => runStatus(flags));
}

async function runStatus(flags: Flags): Promise<void> {
  const { stdout, stderr } = process;
  if (flags.watch === true) {
    if (!stdout.isTTY || flags.json === true) {
      const is = flags.json === true ? 'JSON is for machines' : 'standard output is no terminal';
      stderr.write(`Cannot watch the cache: ${is} (want a terminal, and no --json)\n`);
      return process.exit(EXIT.usage);
    }
    const stop = new AbortController();
    const { signal } = stop;
    void untilSignalled().then(() => stop.abort());
    const watched = async (): Promise<Look> => look(flags, signal).catch(unknown);
    return process.exit(
      await watchCache({ look: watched, out: stdout, everyMs: WATCH_MS, signal }),
    );
  }
  try {
    const { text, exitCode } = await look(flags);
    stdout.write(text);
    process.exit(exitCode);
  } catch (error) {
    const { text, exitCode } = unknown(error);
    stderr.write(text);
    process.exit(exitCode);
  }
}

async function look(flags: Flags, signal?: AbortSignal): Promise<Look> {
  const { url, minHitRatio: hitRatioMin, maxBytes: bytesMax } = flags;
  const cache = await fetchCache(url, { signal, credentials: flags.credentials });
  const thresholds: CacheThresholds = { hitRatioMin, bytesMax };
  const verdicts = judgeCache(cache, thresholds);
  const within = isWithin(verdicts);
  const limits = { min_hit_ratio: hitRatioMin, max_bytes: bytesMax };
  const { hitRatio: hit_ratio, disk } = verdicts;
  const json = { url, within, limits, verdicts: { hit_ratio, disk }, cache };
  const text =
    flags.json === true ? jsonLine(json) : describeCache(url, cache, { thresholds, verdicts });
  return { text, exitCode: within ? EXIT.ok : EXIT.refused };
}

function unknown(error: unknown): Look {
  const exitCode = error instanceof CommandFault ? error.exitCode : EXIT.unreachable;
  return { text: `${pc.red(printable(messageOf(error)))}\n`, exitCode };
}

function parseRatio(text: string): number {
  const ratio = Number(text);
  if (text.trim() === '' || !(ratio >= 0 && ratio <= 1))
    throw new InvalidArgumentError('Want a number from 0 to 1.');
  return ratio;
}

function parseBytes(text: string): number {
  const bytes = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(bytes))
    throw new InvalidArgumentError('Want a whole number of bytes.');
  return bytes;
}
