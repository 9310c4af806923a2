import type { Drill, DrillHost } from '#cli/drill/drill';
import { openDataFolder } from '#clients/data-folder';
import { openArtifactsToRead } from '#compose/artifact-store';
import { compareView } from '#compose/drills/compare-view';
import {
  peakMegabytes,
  SCRATCH_OPTION,
  scratchFolder,
  textFlag,
  withSetup,
} from '#compose/drills/drill-bed';
import { type FreshView, freshView } from '#compose/fresh-views';
import { type LiveView, openLiveViews } from '#compose/live-views';
import { type Logs, openLogs } from '#compose/logs';
import { openBrokerAlone, openBrokerToRead } from '#compose/open-to-read';
import type { Setup } from '#compose/setup';
import type { ProjectionDigest } from '#projections/projection';
import { replaceViewFile } from '#projections/sqlite-view-file';

const ABOUT = `
Builds every view anew from position 1 in a temporary folder and compares it with the live one, at the position that
the live one shows. The registry may run meanwhile; nothing of it is changed, unless --swap asks for it.`;

/** Builds every view anew and compares it with the live one. */
export const REPLAY: Drill = {
  name: 'replay',
  summary: 'Rebuild every view from the log and compare it with the live one.',
  about: ABOUT.trim(),
  options: [
    {
      flags: '--swap',
      description:
        'when all are equal, put the rebuilt SQLite files in the place of the live ones; the registry must be stopped',
    },
    SCRATCH_OPTION,
  ],
  run: async (host) => await withSetup(host, async (setup) => await run(host, setup)),
};

async function run(host: DrillHost, setup: Setup): Promise<void> {
  const { config, flags, signal } = host;
  const isSwapped = flags['swap'] === true;
  // Whoever swaps files holds the data folder, so that no registry has them open.
  if (isSwapped && config.natsUrl !== undefined) {
    const folder = openDataFolder(config.dataDir, config.diskFreeBytesMin);
    setup.releases.add('data folder', () => folder.release());
  }
  const opened =
    isSwapped && config.natsUrl === undefined
      ? await openBrokerAlone(setup)
      : await openBrokerToRead(setup, 'atlas-registry replay');
  const logs = openLogs(setup, opened, await openArtifactsToRead(setup));
  const scratch = scratchFolder(setup, textFlag(flags, 'scratch'));
  const live = await openLiveViews(setup, { opened, logs, scratch, signal });
  const equal: Rebuilt[] = [];
  for (const view of live) {
    const rebuilt = await replay(host, { view, logs, scratch });
    if (rebuilt !== undefined) equal.push(rebuilt);
  }
  host.figure('peak memory', peakMegabytes(), 'MB');
  if (isSwapped && equal.length === live.length)
    await host.step('swap the local files', async () => swapped(equal));
  else if (isSwapped)
    host.check('swap the local files', false, 'nothing was swapped: not all views are equal');
}

interface Rebuilt {
  readonly view: LiveView;
  readonly fresh: FreshView;
}

/** Compares one view. Gives it when it is equal. */
async function replay(
  host: DrillHost,
  {
    view,
    logs,
    scratch,
  }: { readonly view: LiveView; readonly logs: Logs; readonly scratch: string },
): Promise<Rebuilt | undefined> {
  const { name, stream } = view;
  const fresh = freshView(host.config, view, scratch);
  const wanted = await readLive(host, view);
  if (fresh === undefined || wanted === undefined) return undefined;
  const log = logs[stream];
  const { last } = await log.head();
  if (wanted.position > last) {
    const detail = `it is at position ${wanted.position}, and ${stream} ends at ${last}`;
    host.check(`${name} is what the log says`, false, detail);
    return undefined;
  }
  const isEqual = await compareView(host, { name, fresh, log, wanted });
  return isEqual ? { view, fresh } : undefined;
}

async function readLive(
  host: DrillHost,
  { name, digest }: LiveView,
): Promise<ProjectionDigest | undefined> {
  let found: ProjectionDigest | undefined;
  try {
    await host.step(`read ${name}`, async () => {
      found = await digest();
      if (found !== undefined) return `position ${found.position}`;
      throw new Error('it is not there (want a registry that has kept it)');
    });
  } catch {
    // The step has told of it, and the other views are to be compared all the same.
  }
  host.signal.throwIfAborted();
  return found;
}

function swapped(equal: readonly Rebuilt[]): string {
  const local = equal.flatMap(({ view, fresh }) =>
    view.file === undefined ? [] : [{ name: view.name, from: fresh.file, to: view.file }],
  );
  for (const { from, to } of local) replaceViewFile(to, from);
  const names = local.map(({ name }) => name).join(', ');
  return `${names} (views that lie elsewhere stay)`;
}
