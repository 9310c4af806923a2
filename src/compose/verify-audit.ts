import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { JetStreamApiError } from '@nats-io/jetstream';
import type { AuditFound, AuditReport, VerifyAudit } from '#cli/audit';
import { openDataFolder } from '#clients/data-folder';
import { connectBroker } from '#clients/nats';
import { findEmbeddedNats } from '#clients/nats-process';
import type { OpenedBroker } from '#clients/open-broker';
import { openArtifactsToRead } from '#compose/artifact-store';
import { anchorMark, openAnchorPlaces } from '#compose/audit-anchors';
import { auditPublicKeys } from '#compose/audit-key';
import { openLogs, openOrStartBroker } from '#compose/logs';
import type { Setup } from '#compose/setup';
import { quote, RegistryError } from '#domain/errors';
import { systemClock } from '#flow/clock';
import type { EventLog } from '#log/event-log';
import { API_ERRORS } from '#log/jetstream-errors';
import { MemoryLog } from '#log/memory-log';
import { STREAMS, type StreamName } from '#log/streams';
import { ReleaseStack } from '#ops/release-stack';
import { type AuditFinding, describeFinding } from '#projections/audit-anchors/audit-finding';
import { type LogReport, verifyLog } from '#projections/audit-anchors/verify-log';

// A store that was away for a moment is no reason to doubt.
const SLACK_MS = 60_000;

/**
 * Reads the log of a registry, whether that runs or not, and compares it with its anchors. Writes nothing.
 * @throws CANNOT_START when the broker, a place of anchors or a key cannot be used
 */
export const verifyAudit: VerifyAudit = async (config, logger, options) => {
  const releases = new ReleaseStack((part, err) => logger.warn({ part, err }, 'not released'));
  const setup: Setup = { config, logger, releases };
  try {
    const keys = auditPublicKeys(config, options.publicKeys);
    const opened = await openBrokerToRead(setup);
    const artifacts = await openArtifactsToRead(setup);
    const places = await openAnchorPlaces(setup, artifacts.files);
    const logs = openLogs(setup, opened, artifacts);
    const reports: AuditReport[] = [];
    for (const stream of options.streams.map(streamNamed)) {
      const report = await verifyLog({
        log: await thereOrEmpty(opened, logs[stream]),
        places: await Promise.all(
          places.map(async ({ name, store }) => {
            const seen = await anchorMark(config.dataDir, name, stream).read();
            return { name, store, seen };
          }),
        ),
        anchoredBeforeMs: systemClock.nowMs() - config.auditAnchorSeconds * 2_000 - SLACK_MS,
        keys,
        signal: options.signal,
        onProgress: (position, last) => options.onProgress(stream, position, last),
      });
      reports.push(described(report));
    }
    return reports;
  } finally {
    await releases.releaseAll();
  }
};

function streamNamed(name: string): StreamName {
  const stream = (Object.keys(STREAMS) as StreamName[]).find((one) => one.toLowerCase() === name);
  if (stream !== undefined) return stream;
  throw new RegistryError(
    'INVALID_REQUEST',
    `Cannot verify stream ${quote(name)}: there is no such stream (want registry or jobs)`,
  );
}

/** Reaches the broker of an installation: the one that it names, the one that it has started, or one started for this. */
async function openBrokerToRead(setup: Setup): Promise<OpenedBroker> {
  const { config, releases } = setup;
  const data = config.dataDir;
  if (config.natsUrl !== undefined)
    return await openOrStartBroker(setup, { folder: (name) => join(data, name) });
  if (!existsSync(join(data, 'nats'))) {
    throw new RegistryError(
      'CANNOT_START',
      `Cannot verify data folder ${quote(data)}: no registry has run there (want ATLAS_DATA_DIR or NATS_URL of one)`,
    );
  }
  const running = findEmbeddedNats(join(data, 'nats'));
  if (running === undefined) {
    const folder = openDataFolder(data, config.diskFreeBytesMin);
    releases.add('data folder', () => folder.release());
    return await openOrStartBroker(setup, folder);
  }
  const broker = await connectBroker({
    ...running,
    name: 'atlas-registry audit',
    connectTimeoutMs: config.natsConnectTimeoutMs,
  });
  releases.add('nats', () => broker.close());
  return { broker, embedded: undefined, description: running.url };
}

/** A stream that is gone is one that holds nothing: its anchors say what it held. */
async function thereOrEmpty({ broker }: OpenedBroker, log: EventLog): Promise<EventLog> {
  try {
    await broker.jsm.streams.info(log.name);
    return log;
  } catch (error) {
    const isGone = error instanceof JetStreamApiError && error.code === API_ERRORS.streamNotFound;
    if (!isGone) throw error;
  }
  const limits = { messageBytesMax: 0, bodyBytesMax: 0, bodies: undefined };
  return new MemoryLog({ name: log.name, limits, nowMs: () => systemClock.nowMs() });
}

function described({ places, findings, ...rest }: LogReport): AuditReport {
  return {
    ...rest,
    findings: findings.map(withText),
    places: places.map(({ place, anchors, anchored, newestAt, isBehind, findings: own }) => {
      return { place, anchors, anchored, newestAt, isBehind, findings: own.map(withText) };
    }),
  };
}

function withText(finding: AuditFinding): AuditFound {
  return Object.assign({ text: describeFinding(finding) }, finding);
}
