import type { Setup } from '#compose/setup';
import type { Tier2 } from '#compose/tier2';
import { systemClock } from '#flow/clock';
import { newId } from '#flow/new-id';
import type { Guard } from '#http/auth/guard';
import { TrustedProxies } from '#http/limits/client-address';
import { ClientLimits } from '#http/limits/client-limits';
import { Connections } from '#http/limits/connections';
import type { ServerGuard } from '#http/server';

/** Opens what bounds what each client can take. */
export function openClientLimits(
  { config }: Setup,
  { guard, buckets }: { readonly guard: Guard | undefined; readonly buckets: Tier2['buckets'] },
): ClientLimits {
  return new ClientLimits({
    clock: systemClock,
    guard,
    counts: config.clientLimits,
    proxies: new TrustedProxies(config.trustedProxies),
    ...buckets,
    costs: config,
    inFlightMax: config.inFlightPerClientMax,
    refusalDelayMs: config.refusalDelayMs,
    random: Math.random,
  });
}

/** Opens what bounds connections. */
export function openServerGuard({ config }: Setup, clientLimits: ClientLimits): ServerGuard {
  const connections = new Connections({
    limits: config,
    addressOf: (address) => clientLimits.addressOf(address),
    newId,
    nowMs: () => systemClock.monotonicMs(),
  });
  const { headersTimeoutMs, headerBytesMax, socketsMax } = config;
  return { connections, headersTimeoutMs, headerBytesMax, socketsMax };
}
