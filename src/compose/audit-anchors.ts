import { join } from 'node:path';
import type { Postgres } from '#clients/postgres';
import { auditPublicKeys, openAuditKey } from '#compose/audit-key';
import { type KeptView, keepsShared, project } from '#compose/kept-view';
import type { Logs } from '#compose/logs';
import type { Setup } from '#compose/setup';
import { openPostgres } from '#compose/view-postgres';
import { systemClock } from '#flow/clock';
import type { Config } from '#ops/config/settings';
import { AnchorMark } from '#projections/audit-anchors/anchor-mark';
import {
  type AnchorFiles,
  type AnchorStore,
  FileAnchors,
} from '#projections/audit-anchors/anchor-store';
import { AuditAnchors } from '#projections/audit-anchors/audit-anchors';
import { PostgresAnchors } from '#projections/audit-anchors/postgres-anchors';
import type { Projector } from '#projections/projector';

/** What anchors are kept with. */
export interface AnchorsFrom {
  /** The small files of the artifact store. */
  readonly files: AnchorFiles;
  readonly dataFolder: string;
}

/** One place where anchors are kept. */
export interface AnchorPlaceOpened {
  readonly name: string;
  readonly store: AnchorStore;
}

const BATCH_MAX = 1_000;

/** Keeps anchors of both streams in every place that the settings name, on nodes that keep what nodes share. */
export async function keepAnchors(
  setup: Setup,
  logs: Logs,
  { files, dataFolder }: AnchorsFrom,
): Promise<readonly KeptView[]> {
  const { config } = setup;
  if (!keepsShared(setup) || placesOf(config).length === 0) return [];
  const key = openAuditKey(config, dataFolder);
  const publicKeys = auditPublicKeys(config, []);
  const places = await openAnchorPlaces(setup, files);
  return places.flatMap(({ name, store }) =>
    Object.values(logs).map((log) => {
      const anchors = new AuditAnchors({
        place: name,
        stream: log.name,
        store,
        key,
        publicKeys,
        mark: anchorMark(dataFolder, name, log.name),
        clock: systemClock,
        intervalMs: config.auditAnchorSeconds * 1_000,
        onOvertaken: () => view.restart(),
      });
      const view: Projector = project(setup, anchors, { log, batchMax: BATCH_MAX });
      return { view, isRemote: true, isOptional: true };
    }),
  );
}

/** Gives where a node notes which anchors of a stream it has seen in a place. */
export function anchorMark(dataFolder: string, place: string, stream: string): AnchorMark {
  return new AnchorMark(join(dataFolder, 'audit', `${place}-${stream.toLowerCase()}`));
}

/** Opens the places that the settings name. @throws CANNOT_START */
export async function openAnchorPlaces(
  setup: Setup,
  files: AnchorFiles,
): Promise<readonly AnchorPlaceOpened[]> {
  const { config } = setup;
  const places: AnchorPlaceOpened[] = [];
  for (const name of placesOf(config)) {
    if (name === 'store') places.push({ name, store: new FileAnchors(files) });
    else if (config.databaseUrl !== undefined) {
      const postgres: Postgres = await openPostgres(setup, {
        url: config.databaseUrl,
        pool: 'anchors',
      });
      places.push({ name, store: new PostgresAnchors(postgres) });
    }
  }
  return places;
}

function placesOf({ auditAnchors, databaseUrl }: Config) {
  return auditAnchors ?? (databaseUrl === undefined ? ['store'] : ['store', 'postgres']);
}
