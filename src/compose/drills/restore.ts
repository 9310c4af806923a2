import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { BackupStream } from '#backup/backup-index';
import { type Backup, openBackup } from '#backup/open-backup';
import { restoredUpTo, restoreStream } from '#backup/restore-stream';
import type { Drill, DrillHost } from '#cli/drill/drill';
import { openBackupPlace } from '#compose/backup-place';
import { compareView } from '#compose/drills/compare-view';
import { SCRATCH_OPTION, scratchFolder, textFlag, withSetup } from '#compose/drills/drill-bed';
import { openRealTarget, openShadow, type RestoreSide } from '#compose/drills/restore-side';
import { freshView } from '#compose/fresh-views';
import type { Setup } from '#compose/setup';
import { quote, RegistryError } from '#domain/errors';
import { type Position, START, toPosition } from '#domain/position';
import { oneChunk } from '#flow/one-chunk';
import { StoredWriter } from '#log/stored-writer';
import type { StreamName } from '#log/streams';
import { describeFinding } from '#projections/audit-anchors/audit-finding';
import { verifyLog } from '#projections/audit-anchors/verify-log';

const ABOUT = `
Checks every file of a backup, writes its events into an empty broker in their order and at their positions, and
proves the result: the log holds together, and views that are built from it have the digests that were noted when
the backup was made. By default into a broker of its own in a temporary folder, which is removed afterwards:
nothing of the registry is touched. --into-broker writes into the broker of the settings, whose streams must be
empty, or hold what an interrupted restore of the same backup has left. See docs/backup.md.`;

/** Restores a backup and proves that it is what was backed up. */
export const RESTORE: Drill = {
  name: 'restore',
  summary: 'Restore a backup, by default into a temporary broker, and prove it.',
  about: ABOUT.trim(),
  options: [
    { flags: '--from <place>', description: 'a folder, or s3://bucket/prefix', mandatory: true },
    { flags: '--key <file>', description: 'the key that the backup was made with' },
    { flags: '--index <number>', description: 'which backup (default: the newest)' },
    { flags: '--shadow', description: 'into a temporary broker (the default)' },
    {
      flags: '--into-broker',
      description:
        'into the broker and the artifact store of the settings: their streams are written',
    },
    SCRATCH_OPTION,
  ],
  run: async (host) => await withSetup(host, async (setup) => await run(host, setup)),
};

async function run(host: DrillHost, setup: Setup): Promise<void> {
  const { flags } = host;
  const isReal = flags['intoBroker'] === true;
  if (isReal && flags['shadow'] === true)
    throw new RegistryError(
      'INVALID_REQUEST',
      'Cannot restore: both --shadow and --into-broker are given (want one of them)',
    );
  const from = { at: textFlag(flags, 'from') ?? '', keyFile: textFlag(flags, 'key') };
  const place = await openBackupPlace(setup, { ...from, isWritten: false });
  const backup = await openBackup(place, numberOf(textFlag(flags, 'index')));
  const scratch = scratchFolder(setup, textFlag(flags, 'scratch'));
  await verifyBackup(host, backup);
  const side = isReal ? await openRealTarget(setup) : await openShadow(setup, scratch);
  await restore(host, side, backup);
  await prove(host, side, { backup, scratch });
  if (isReal) noteOldViews(host);
}

function numberOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = /^\d{1,12}$/.test(text) ? Number(text) : 0;
  if (number > 0) return number;
  throw new RegistryError(
    'INVALID_REQUEST',
    `Cannot open backup ${quote(text)}: it is no number of one (want a whole number from 1)`,
  );
}

async function verifyBackup(host: DrillHost, backup: Backup): Promise<void> {
  await host.step('check the backup', async (show) => {
    let total = 0;
    await backup.verify({
      signal: host.signal,
      onProgress: (files, all) => {
        total = all;
        show(files, all);
      },
    });
    const { number, madeAt, streams } = backup.index;
    const held = streams.map(({ name, last }) => `${name} to ${last}`).join(', ');
    return `backup ${number} of ${madeAt}, ${total} files: ${held}`;
  });
}

/** Writes bodies, then streams. Before anything is written, all streams are looked at. */
async function restore(host: DrillHost, side: RestoreSide, backup: Backup): Promise<void> {
  const { signal } = host;
  const parts: { readonly stream: BackupStream; readonly after: Position }[] = [];
  await host.step('look at the streams', async () => {
    for (const stream of backup.index.streams) {
      const isThere = await side.hasStream(stream.name);
      const log = logOf(side, stream.name);
      const after = isThere ? await restoredUpTo(log, { backup, stream, signal }) : START;
      parts.push({ stream, after });
    }
    const begun = parts.filter(({ after }) => after > START);
    const going = begun.map(({ stream, after }) => `${stream.name} goes on behind ${after}`);
    return `${side.description}: ${going.length === 0 ? 'empty' : going.join(', ')}`;
  });
  await host.step('restore bodies', async (show) => {
    const { bodies } = backup.index;
    for (const [index, body] of bodies.entries()) {
      signal.throwIfAborted();
      const bytes = await backup.body(body);
      await side.artifacts.put(body.sha256, oneChunk(bytes), { bytesMax: bytes.length });
      show(index + 1, bodies.length);
    }
    return `${bodies.length} of events that were too large for a message`;
  });
  await side.provision();
  for (const part of parts) await writeStream(host, side, { ...part, backup });
}

async function writeStream(
  host: DrillHost,
  side: RestoreSide,
  part: { readonly stream: BackupStream; readonly after: Position; readonly backup: Backup },
): Promise<void> {
  const { signal } = host;
  const { stream, after, backup } = part;
  const log = logOf(side, stream.name);
  const { nc, inboxPrefix } = side.broker;
  const writer = new StoredWriter({ nc, log, inboxPrefix, signal });
  const begun = performance.now();
  const events = stream.last - after;
  try {
    await host.step(`restore ${stream.name}`, async (show) => {
      await restoreStream({ write: async (some) => await writer.write(some) }, after, {
        backup,
        stream,
        signal,
        onProgress: (position, last) => show(position, last),
      });
      return `${events} events, up to position ${stream.last}`;
    });
  } finally {
    writer.close();
  }
  const rate = (events * 1_000) / (performance.now() - begun);
  if (events > 0) host.figure(`rate of restoring ${stream.name}`, rate, 'events/s');
}

/** Proves that the log is what was backed up: it holds together, and views come to what was noted. */
async function prove(
  host: DrillHost,
  side: RestoreSide,
  { backup, scratch }: { readonly backup: Backup; readonly scratch: string },
): Promise<void> {
  const { signal } = host;
  for (const { name, last } of backup.index.streams) {
    const findings: string[] = [];
    await host.step(`verify ${name}`, async (show) => {
      const report = await verifyLog({
        log: logOf(side, name),
        places: [],
        keys: [],
        anchoredBeforeMs: 0,
        signal,
        onProgress: (position, end) => show(position, end),
      });
      findings.push(...report.findings.map(describeFinding));
      if (report.last !== last) findings.push(`it ends at ${report.last} (want ${last})`);
      return `${report.events} events, digest ${report.digest}`;
    });
    const detail = findings.slice(0, 10).join('; ') || 'nothing is missing, changed or inserted';
    host.check(`${name} holds together`, findings.length === 0, detail);
  }
  for (const view of backup.index.views) {
    const fresh = freshView(host.config, named(view), scratch);
    const wanted = { position: toPosition(view.position), digest: view.digest };
    const log = logOf(side, view.stream);
    if (fresh === undefined) host.check(view.name, false, 'no view of this name is known here');
    else await compareView(host, { name: view.name, fresh, log, wanted });
  }
}

function named({ name, valueBytesMax }: Backup['index']['views'][number]) {
  return valueBytesMax === undefined ? { name } : { name, valueBytesMax };
}

function logOf({ logs }: RestoreSide, name: string): RestoreSide['logs'][StreamName] {
  if (name === 'REGISTRY' || name === 'JOBS') return logs[name];
  throw new RegistryError(
    'CANNOT_START',
    `Cannot restore stream ${quote(name)}: it is not known here (want the release that made the backup)`,
  );
}

/** The streams are new ones, and views of the old ones halt when they see that. */
function noteOldViews(host: DrillHost): void {
  const views = join(host.config.dataDir, 'views');
  if (!existsSync(views)) return;
  const detail = `${views} was built from the streams before (remove it before the next start: docs/runbooks/log-lost.md)`;
  host.check('views are left from before', true, detail);
}
