import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Postgres } from '#clients/postgres';
import { systemClock } from '#flow/clock';
import type { EventLog } from '#log/event-log';
import { type AnchorKey, keyIdOf } from '#projections/audit-anchors/anchor';
import { AnchorMark } from '#projections/audit-anchors/anchor-mark';
import { type AnchorStore, FileAnchors } from '#projections/audit-anchors/anchor-store';
import { AuditAnchors } from '#projections/audit-anchors/audit-anchors';
import { PostgresAnchors } from '#projections/audit-anchors/postgres-anchors';
import { type LogReport, verifyLog } from '#projections/audit-anchors/verify-log';
import { Projector } from '#projections/projector';
import { LocalfsPublisher } from '#stores/localfs/localfs-publisher';
import { freshDatabase } from '#test/support/fresh-database';
import { tempFolder } from '#test/support/temp';

/** A key of a test, with its public half. */
export interface TestAuditKey extends AnchorKey {
  readonly publicKey: KeyObject;
}

/** Makes a key to sign anchors with. */
export function auditKey(): TestAuditKey {
  const { privateKey } = generateKeyPairSync('ed25519');
  const publicKey = createPublicKey(privateKey);
  return { id: keyIdOf(publicKey), key: privateKey, publicKey };
}

/** A place of anchors that is empty. */
export interface AnchorPlace extends AsyncDisposable {
  readonly store: AnchorStore;
}

/** Makes an empty place in files. */
export function openFilePlace(): AnchorPlace {
  const folder = tempFolder();
  return {
    store: new FileAnchors(new LocalfsPublisher(folder.path).files),
    async [Symbol.asyncDispose]() {
      folder[Symbol.dispose]();
    },
  };
}

/** The places that anchors can be kept in. */
export const ANCHOR_PLACES: Readonly<Record<string, () => Promise<AnchorPlace>>> = {
  files: async () => openFilePlace(),
  postgres: async () => {
    const postgres = new Postgres({
      url: await freshDatabase(),
      connectionsMax: 4,
      connectTimeoutMs: 5_000,
      statementTimeoutMs: 5_000,
    });
    return {
      store: new PostgresAnchors(postgres),
      [Symbol.asyncDispose]: () => postgres.close(),
    };
  },
};

export interface KeepOptions {
  readonly log: EventLog;
  readonly store: AnchorStore;
  readonly key: TestAuditKey;
  /** Of nodes that write the same chain with keys of their own. */
  readonly publicKeys?: readonly KeyObject[];
  /** Where this node notes which anchors it has seen. Default: nowhere. */
  readonly markPath?: string;
  readonly batchMax?: number;
  readonly intervalMs?: number;
}

/** Keeps anchors of a log as a node does. */
export function keepAnchors(options: KeepOptions) {
  const {
    log,
    store,
    key,
    publicKeys = [key.publicKey],
    markPath,
    batchMax = 50,
    intervalMs = 20,
  } = options;
  const projection = new AuditAnchors({
    place: 'test',
    stream: log.name,
    store,
    key,
    publicKeys,
    mark: markPath === undefined ? noMark() : new AnchorMark(markPath),
    clock: systemClock,
    intervalMs,
    onOvertaken: () => projector.restart(),
  });
  const projector: Projector = new Projector({ projection, log, clock: systemClock, batchMax });
  projector.start();
  return { projection, projector };
}

function noMark(): AnchorMark {
  return Object.assign(new AnchorMark(''), { read: async () => 0, write: async () => undefined });
}

/** Keeps anchors until they reach the end of the log. */
export async function anchorAll(options: KeepOptions): Promise<void> {
  const { projector } = keepAnchors(options);
  const { last } = await options.log.head();
  while (projector.position < last) await delay(2);
  await projector.stop();
}

/** Verifies a log against one place. */
export async function verified(
  log: EventLog,
  store: AnchorStore,
  keys: readonly KeyObject[],
): Promise<LogReport> {
  const { signal } = new AbortController();
  const places = [{ name: 'test', store, seen: 0 }];
  return await verifyLog({ log, places, keys, signal, anchoredBeforeMs: 0 });
}

/** Everything that a report tells of, of the log and of its anchors. */
export function findingsOf({ findings, places }: LogReport): readonly object[] {
  return [...findings, ...places.flatMap((place) => place.findings)];
}
