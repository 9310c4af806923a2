import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { registerDataset } from '#commands/register-dataset';
import { COMMANDS_REMEMBERED_MAX } from '#domain/aggregate';
import { datasetEvolution } from '#domain/dataset';
import { parseDatasetName } from '#domain/dataset-name';
import { sha256Of } from '#domain/digest';
import type { RecordedEvent } from '#domain/event';
import { toPosition } from '#domain/position';
import { DEFAULT_SCOPE } from '#domain/scope';
import { systemClock } from '#flow/clock';
import { subjectOf } from '#log/subjects';
import { CatalogProjection } from '#projections/catalog/catalog-projection';
import { foldRuns, type StoredRun } from '#projections/job-runs/fold-runs';
import { Projector } from '#projections/projector';
import {
  commandContext,
  commandEnvironment,
  freshSource,
  memoryLog,
} from '#test/support/command-env';
import { someEvent } from '#test/support/events';
import { type TempFolder, tempFolder } from '#test/support/temp';
import { eventually } from '#test/support/wait';

const COUNT = COMMANDS_REMEMBERED_MAX + 20;

let folder: TempFolder;
beforeEach(() => {
  folder = tempFolder();
});
afterEach(() => {
  folder[Symbol.dispose]();
});

describe(`an aggregate remembers its last ${COMMANDS_REMEMBERED_MAX} commands`, () => {
  it('in the catalog: every one of them with its answer, and none before or of others', async () => {
    const log = memoryLog();
    const name = parseDatasetName('a');
    const source = freshSource(log, 'dataset', datasetEvolution);
    const commands = { env: commandEnvironment(), log, source };
    for (let i = 1; i <= COUNT; i += 1) {
      const request = { name, schemaFingerprint: 'fp', objects: [], rowCount: i };
      await registerDataset(commands, commandContext(`key ${i}`, `request ${i}`), request);
      if (i % 50 !== 0) continue;
      const other = { ...request, name: parseDatasetName(`other/${i}`) };
      await registerDataset(commands, commandContext(`other ${i}`), other);
    }
    const projection = new CatalogProjection(join(folder.path, 'catalog.sqlite'));
    const projector = new Projector({ projection, log, clock: systemClock, batchMax: 64 });
    projector.start();
    const { last } = await log.head();
    await eventually('the catalog', () => projector.position >= last && projector.caughtUp);
    const remembered = async (key: string) => {
      const { datasets } = projection.reader;
      return (await datasets.load(DEFAULT_SCOPE, name, key)).remembered;
    };
    const forgotten = COUNT - COMMANDS_REMEMBERED_MAX;
    const history = await log.readSubject(
      subjectOf({ scope: DEFAULT_SCOPE, kind: 'dataset', id: name }),
      toPosition(0),
    );
    for (const { metadata, position } of history.slice(forgotten)) {
      const { commandId, requestFingerprint } = metadata;
      expect(await remembered(commandId)).toEqual({ revision: position, requestFingerprint });
    }
    for (const { metadata } of history.slice(0, forgotten))
      expect(await remembered(metadata.commandId)).toBeUndefined();
    expect(await remembered('other 50')).toBeUndefined();
    expect(await remembered('never sent')).toBeUndefined();
    await projector.stop();
  });

  it('in the view of job runs: the newest stay, in order, however they came', () => {
    const subject = subjectOf({ scope: DEFAULT_SCOPE, kind: 'job-run', id: 'run' });
    const events = Array.from({ length: COUNT }, (_, i) => chained(subject, i + 1));
    const atOnce = foldRuns(new Map([[subject, events]]), new Map())[0];
    const wanted = events.slice(-COMMANDS_REMEMBERED_MAX).map(({ metadata, position }) => ({
      commandId: metadata.commandId,
      requestFingerprint: metadata.requestFingerprint,
      revision: position,
    }));
    expect(atOnce?.commands).toEqual(wanted);
    let stored: ReadonlyMap<string, StoredRun> = new Map();
    for (const event of events) {
      const run = foldRuns(new Map([[subject, [event]]]), stored)[0];
      if (run !== undefined) stored = new Map([[subject, run]]);
    }
    expect(stored.get(subject)?.commands).toEqual(wanted);
  });
});

/** One event of a run whose hashes are chained: the first starts it, every other ends it again. */
function chained(subject: string, position: number): RecordedEvent {
  const hashOf = (at: number) => sha256Of(`${at}`) as string as RecordedEvent['hash'];
  const run = { id: 'run', job: 'j', kind: 'load', inputs: [], metadata: {} };
  const end = { outcome: 'failed', counts: {} };
  const { metadata } = someEvent({ commandId: `key ${position}` });
  return {
    event:
      position === 1
        ? { type: 'JobRunStarted', data: { run } }
        : { type: 'JobRunFinished', data: { end } },
    metadata: { ...metadata, previousHash: position === 1 ? undefined : hashOf(position - 1) },
    position: toPosition(position),
    subject,
    recordedAtMs: 0,
    hash: hashOf(position),
  };
}
