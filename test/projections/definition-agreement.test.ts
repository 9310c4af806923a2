import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { type ActionProfile, actionProfileEvolution } from '#domain/action-profile';
import { advance, emptyAggregate } from '#domain/aggregate';
import type { Definition, DefinitionState } from '#domain/definition';
import { type JobDefinition, jobDefinitionEvolution } from '#domain/job-definition';
import { type Position, START } from '#domain/position';
import type { Scope } from '#domain/scope';
import type { EventLog } from '#log/event-log';
import { subjectOf } from '#log/subjects';
import { CatalogReader } from '#projections/catalog/catalog-reader';
import type { DefinitionQueries } from '#projections/catalog/definition-queries';
import { CatalogWriter } from '#projections/catalog/writer';
import { openCatalogBed } from '#test/support/catalog-bed';
import { memoryLog } from '#test/support/command-env';
import { HISTORY_SCOPES, writeRegistryHistory } from '#test/support/history';
import { openJobBed, UP } from '#test/support/job-bed';
import { HISTORY_IDS } from '#test/support/job-history';
import { takeFrom } from '#test/support/log-under-test';
import { messagesOf } from '#test/support/projection-conformance';
import { forSeeds } from '#test/support/seed';
import { tempFolder } from '#test/support/temp';

/** The states of a definition after each of its events. */
async function statesOf(
  log: EventLog,
  kind: 'action-profile' | 'job-definition',
  at: { readonly scope: Scope; readonly id: string },
): Promise<readonly (readonly [Position, DefinitionState<ActionProfile | JobDefinition>])[]> {
  const recorded = await log.readSubject(subjectOf({ ...at, kind }), START);
  if (kind === 'action-profile') {
    let aggregate = emptyAggregate(actionProfileEvolution.initial);
    return recorded.map((event) => {
      aggregate = advance(aggregate, actionProfileEvolution, event);
      return [aggregate.revision, aggregate.state];
    });
  }
  let aggregate = emptyAggregate(jobDefinitionEvolution.initial);
  return recorded.map((event) => {
    aggregate = advance(aggregate, jobDefinitionEvolution, event);
    return [aggregate.revision, aggregate.state];
  });
}

/** Compares all versions of one state with the catalog as of its position. Gives how many. */
function compare<D extends Definition>(
  queries: DefinitionQueries<D>,
  at: { readonly scope: Scope; readonly id: D['id']; readonly asOf: Position },
  { versions }: DefinitionState<Definition>,
): number {
  const { scope, id, asOf } = at;
  const listed = queries.list(scope, { after: undefined, limit: 99, id, asOf });
  const part = (one: { version: string; stage: string; fingerprint: string; author: string }) =>
    [one.version, one.stage, one.fingerprint, one.author].join(' ');
  expect(listed.map(part).toSorted()).toEqual([...versions.values()].map(part).toSorted());
  for (const { version, definition, stage } of versions.values()) {
    const found = queries.find(scope, { id, version }, asOf);
    expect({ definition: found?.definition, stage: found?.stage }).toEqual({ definition, stage });
  }
  return versions.size;
}

describe('what the catalog says of action profiles and job definitions', () => {
  it('is what the log says, at every position of a random history', async () => {
    let compared = 0;
    await forSeeds(2, async (random) => {
      const log = memoryLog();
      await writeRegistryHistory(log, 1_500, random);
      using bed = openCatalogBed();
      await bed.catchUp(log);
      const { actionProfiles, jobDefinitions } = bed.reader;
      for (const scope of HISTORY_SCOPES) {
        for (const name of HISTORY_IDS) {
          for (const [asOf, state] of await statesOf(log, 'action-profile', { scope, id: name }))
            compared += compare(
              actionProfiles,
              { scope, id: name as ActionProfile['id'], asOf },
              state,
            );
          for (const [asOf, state] of await statesOf(log, 'job-definition', { scope, id: name }))
            compared += compare(
              jobDefinitions,
              { scope, id: name as JobDefinition['id'], asOf },
              state,
            );
        }
      }
    });
    console.info(`${compared} versions compared with the fold of the log`);
    expect(compared).toBeGreaterThan(1_000);
  });

  it('has one digest, whether events came at once, one by one, or after a rebuild', async () => {
    await forSeeds(2, async (random) => {
      const log = memoryLog();
      await writeRegistryHistory(log, 400, random);
      const { last } = await log.head();
      using folder = tempFolder();
      const digestAfter = async (name: string, batchMax: number, isRebuilt = false) => {
        const path = join(folder.path, name);
        const writer = new CatalogWriter(path);
        for (const round of isRebuilt ? [1, 2] : [1]) {
          if (round === 2) writer.reset();
          for (let at = 0; at < last; at += batchMax)
            writer.apply(await takeFrom(log, at, Math.min(batchMax, last - at)), 'now');
        }
        const reader = new CatalogReader(path);
        const digest = await reader.digest();
        reader.close();
        writer.close();
        return digest;
      };
      const atOnce = await digestAfter('once', last);
      expect(atOnce.position).toBe(last);
      expect(await digestAfter('each', 1)).toEqual(atOnce);
      expect(await digestAfter('some', 1 + random.int(30))).toEqual(atOnce);
      expect(await digestAfter('again', 50, true)).toEqual(atOnce);
    });
  });

  it('changes its digest with every row that is kept beside the events', async () => {
    using bed = openJobBed();
    await bed.profile('store', { tags: ['a'] }, ...UP);
    const contract = { name: 'c', version: '1.0.0' };
    await bed.job('j', { tags: ['b'], onSuccess: [{ id: 'store', version: 'latest' }], contract });
    using folder = tempFolder();
    const path = join(folder.path, 'catalog.sqlite');
    const writer = new CatalogWriter(path);
    writer.apply(await messagesOf(bed.log), 'now');
    writer.close();
    const digest = async () => {
      const reader = new CatalogReader(path);
      const found = await reader.digest();
      reader.close();
      return found.digest;
    };
    const seen = [await digest()];
    const db = new Database(path);
    const changes = [
      "UPDATE definition_stage SET stage = 'retired' WHERE position = 3",
      "UPDATE definition_stage SET order_key = '' WHERE position = 4",
      "UPDATE definition_version SET order_key = '' WHERE position = 4",
      "UPDATE definition_version SET version = '' WHERE position = 1",
      'UPDATE definition_version SET is_release = 0 WHERE position = 1',
      "UPDATE definition_version SET title = '' WHERE position = 4",
      "UPDATE definition_version SET fingerprint = '' WHERE position = 1",
      "UPDATE definition_version SET author = '' WHERE position = 4",
      "UPDATE definition_tag SET tag = 'c' WHERE position = 4",
      'DELETE FROM definition_tag WHERE position = 1',
      "INSERT INTO profile_action VALUES (1, 'CALL_WEBHOOK')",
      "DELETE FROM profile_action WHERE type = 'STORE_RESULTS'",
      "UPDATE definition_use SET to_version = '2.0.0' WHERE to_kind = 'contract'",
      "UPDATE definition_use SET to_name = 'd' WHERE to_kind = 'contract'",
      "UPDATE definition_use SET order_key = '' WHERE to_kind = 'contract'",
      "DELETE FROM definition_use WHERE to_kind = 'action-profile'",
    ];
    for (const change of changes) {
      expect(db.prepare(change).run().changes, change).toBe(1);
      seen.push(await digest());
    }
    db.close();
    expect(new Set(seen).size).toBe(changes.length + 1);
  });
});
