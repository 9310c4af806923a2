import type { OpenedBroker } from '#clients/open-broker';
import type { Setup } from '#compose/setup';
import type { PartHealth } from '#http/dependencies';
import type { Sample } from '#ops/metrics/family';
import { packageInfo } from '#ops/package-root';

/** Shows what runs, whether it is ready, and how its connection to the log stands. */
export function meterNode(
  { config, meters }: Setup,
  {
    opened,
    health,
  }: { readonly opened: OpenedBroker; readonly health: () => readonly PartHealth[] },
): void {
  const { broker, embedded } = opened;
  const { version } = packageInfo();
  meters.watch('atlas_build_info', () => [[1, version, config.role]]);
  meters.watch('atlas_ready', () => health().every(({ ready, optional }) => ready || optional));
  meters.watch('atlas_part_ready', () =>
    health().map(({ name, ready }): Sample => [Number(ready), name]),
  );
  meters.watch('atlas_nats_connected', () => broker.connected());
  meters.add('atlas_nats_reconnects_total', 0);
  broker.onReconnect(() => meters.add('atlas_nats_reconnects_total', 1));
  meters.watch('atlas_disk_full', () => embedded?.isFull() ?? false);
}
