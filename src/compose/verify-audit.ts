import { JetStreamApiError } from '@nats-io/jetstream';
import type { AuditFound, AuditReport, VerifyAudit } from '#cli/audit';
import type { OpenedBroker } from '#clients/open-broker';
import { openArtifactsToRead } from '#compose/artifact-store';
import { anchorMark, openAnchorPlaces } from '#compose/audit-anchors';
import { auditPublicKeys } from '#compose/audit-key';
import { openLogs } from '#compose/logs';
import { openBrokerToRead } from '#compose/open-to-read';
import { newSetup } from '#compose/setup';
import { quote, RegistryError } from '#domain/errors';
import { systemClock } from '#flow/clock';
import type { EventLog } from '#log/event-log';
import { API_ERRORS } from '#log/jetstream-errors';
import { MemoryLog } from '#log/memory-log';
import { STREAMS, type StreamName } from '#log/streams';
import { type AuditFinding, describeFinding } from '#projections/audit-anchors/audit-finding';
import { type LogReport, verifyLog } from '#projections/audit-anchors/verify-log';

// A store that was away for a moment is no reason to doubt.
const SLACK_MS = 60_000;

/**
 * Reads the log of a registry, whether that runs or not, and compares it with its anchors. Writes nothing.
 * @throws CANNOT_START when the broker, a place of anchors or a key cannot be used
 */
export const verifyAudit: VerifyAudit = async (config, logger, options) => {
  const setup = newSetup(config, logger);
  const { releases } = setup;
  try {
    const keys = auditPublicKeys(config, options.publicKeys);
    const opened = await openBrokerToRead(setup, 'atlas-registry audit');
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
