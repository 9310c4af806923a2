import type { NotedView } from '#backup/backup-index';
import { takeBackup } from '#backup/take-backup';
import type { Drill, DrillHost } from '#cli/drill/drill';
import { openArtifactsToRead } from '#compose/artifact-store';
import { openBackupPlace } from '#compose/backup-place';
import { SCRATCH_OPTION, scratchFolder, textFlag, withSetup } from '#compose/drills/drill-bed';
import { type LiveView, openLiveViews } from '#compose/live-views';
import { bodyBytesMax, openLogs } from '#compose/logs';
import { openBrokerToRead } from '#compose/open-to-read';
import type { Setup } from '#compose/setup';
import { packageInfo } from '#ops/package-root';
import { artifactBodies } from '#stores/artifact-bodies';

const ABOUT = `
Copies both streams, event by event, and the bodies of large events to a folder or to S3, while the registry runs
or not. Nothing of the registry is changed. A second backup to the same place adds what has come since; one that
is interrupted changes nothing of those before it. Artifacts of datasets are not part of it: back the artifact
store up by its own means. See docs/backup.md.`;

/** Backs the log up. */
export const BACKUP: Drill = {
  name: 'backup',
  summary: 'Back the log up to a folder or S3, beside a registry that runs.',
  about: ABOUT.trim(),
  options: [
    { flags: '--to <place>', description: 'a folder, or s3://bucket/prefix', mandatory: true },
    {
      flags: '--key <file>',
      description: '32 bytes, also as hexadecimal digits: files are encrypted, indexes proved',
    },
    { flags: '--full', description: 'begin at position 1 although there is a backup' },
    SCRATCH_OPTION,
  ],
  run: async (host) => await withSetup(host, async (setup) => await run(host, setup)),
};

async function run(host: DrillHost, setup: Setup): Promise<void> {
  const { config, flags, signal } = host;
  const at = textFlag(flags, 'to') ?? '';
  const place = await openBackupPlace(setup, {
    at,
    keyFile: textFlag(flags, 'key'),
    isWritten: true,
  });
  const opened = await openBrokerToRead(setup, 'atlas-registry backup');
  const artifacts = await openArtifactsToRead(setup);
  const logs = openLogs(setup, opened, artifacts);
  const scratch = scratchFolder(setup, textFlag(flags, 'scratch'));
  const live = await openLiveViews(setup, { opened, logs, scratch, signal });
  // First what the views say, then the log: so the log includes what they say.
  const views = await noteViews(host, live);
  const begun = performance.now();
  await host.step('back up the log', async (show) => {
    const report = await takeBackup({
      place,
      streams: Object.values(logs),
      bodies: artifactBodies(artifacts, bodyBytesMax(config)),
      views,
      registryVersion: packageInfo().version,
      madeAt: new Date().toISOString(),
      isFull: flags['full'] === true,
      signal,
      onProgress: (stream, position, last) => show(position, last, stream),
    });
    const { streams, number, previous, bodies, plainBytes, storedBytes } = report;
    const events = streams.reduce((sum, { after, last }) => sum + last - after, 0);
    host.figure('events', events, 'events');
    host.figure('rate', (events * 1_000) / (performance.now() - begun), 'events/s');
    host.figure('bytes of events', plainBytes, 'bytes');
    host.figure('bytes written', storedBytes, 'bytes');
    const ranges = streams.map(({ name, after, last }) =>
      after === last ? `${name} nothing new` : `${name} ${after + 1} to ${last}`,
    );
    const from = previous === undefined ? 'from the beginning' : `going on from ${previous}`;
    return `backup ${number} at ${at}, ${from}: ${ranges.join(', ')}, ${bodies} bodies`;
  });
}

async function noteViews(
  host: DrillHost,
  live: readonly LiveView[],
): Promise<readonly NotedView[]> {
  const noted: NotedView[] = [];
  await host.step('note what the views show', async (show) => {
    const absent: string[] = [];
    for (const [index, { name, stream, valueBytesMax, digest }] of live.entries()) {
      show(index, live.length, name);
      // A view that cannot be read now is no reason to have no backup.
      const found = await digest().catch((error: unknown) => {
        absent.push(`${name} (${error instanceof Error ? error.message : String(error)})`);
        return undefined;
      });
      const limit = valueBytesMax === undefined ? {} : { valueBytesMax };
      if (found !== undefined) noted.push({ name, stream, ...limit, ...found });
    }
    const at = noted.map(({ name, position }) => `${name} at ${position}`).join(', ');
    return [at === '' ? 'none' : at, ...absent.map((why) => `not noted: ${why}`)].join('; ');
  });
  return noted;
}
