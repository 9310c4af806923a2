import type { Setup } from '#compose/setup';
import { systemClock } from '#flow/clock';
import type { PartHealth } from '#http/dependencies';
import { TlsIdentity } from '#http/tls/tls-identity';
import { onHangup } from '#ops/signals';

/** Opens what the HTTP server shows of itself; `undefined` where it speaks no TLS. @throws CANNOT_START */
export async function openTls({
  config,
  logger,
  releases,
}: Setup): Promise<TlsIdentity | undefined> {
  const { tlsCert: cert, tlsKey: key, tlsClientCa: clientCa, tlsReloadMs: reloadMs } = config;
  if (cert === undefined || key === undefined) return undefined;
  const identity = await TlsIdentity.open({
    paths: { cert, key, clientCa },
    clock: systemClock,
    reloadMs,
    onEvent: (event) => {
      if (event.type === 'renewed') logger.info({ part: 'tls', ...event }, 'certificates renewed');
      else logger.error({ part: 'tls', err: event.error }, 'certificates not renewed');
    },
  });
  releases.add('tls', () => identity.close());
  const offHangup = onHangup(() => void identity.look());
  releases.add('hangup', offHangup);
  return identity;
}

/** Says whether the certificates can be used, and whether those that are there are in use. */
export function tlsHealth({ refusal, validToMs }: TlsIdentity): PartHealth {
  const isExpired = validToMs <= systemClock.nowMs();
  const until = `certificate valid until ${new Date(validToMs).toISOString()}`;
  return {
    name: 'tls',
    ready: !isExpired && refusal === undefined,
    // Who reaches this has got over it: clients are the ones that judge a certificate.
    optional: true,
    detail: refusal === undefined ? until : `${until}; not renewed: ${refusal}`,
  };
}
