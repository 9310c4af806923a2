import type { OpenedStandby } from '#cli/standby-port';
import { openStandby } from '#compose/standby';
import { readConfig } from '#ops/config/read-config';
import { createLogger } from '#ops/logger';
import { type BackupSide, openBackupSide } from '#test/support/backup-bed';
import { eventually } from '#test/support/wait';

/** Two places, and the settings by which an operator reaches both. */
export interface StandbyBed extends AsyncDisposable {
  readonly primary: BackupSide;
  readonly standby: BackupSide;
  readonly env: Readonly<Record<string, string>>;
  /** Opens the commands; with settings that differ, such as a primary that is away. */
  open(changed?: Readonly<Record<string, string>>): Promise<OpenedStandby>;
  /** Lets the standby follow until it is in step. */
  inStep(meanwhile?: () => void): Promise<void>;
}

export async function openStandbyBed(
  options: { readonly provisionStandby?: boolean } = {},
): Promise<StandbyBed> {
  const primary = await openBackupSide();
  const standby = await openBackupSide({ provision: options.provisionStandby ?? false });
  const env = {
    ...primary.env,
    ATLAS_STANDBY_NATS_URL: String(standby.env['NATS_URL']),
    ATLAS_NATS_CONNECT_TIMEOUT_MS: '2000',
  };
  const opened: OpenedStandby[] = [];
  const open = async (changed = {}): Promise<OpenedStandby> => {
    const one = await openStandby(readConfig({ ...env, ...changed }), createLogger('silent'));
    opened.push(one);
    return one;
  };
  return {
    primary,
    standby,
    env,
    open,
    async inStep(meanwhile) {
      const one = await open();
      const stop = new AbortController();
      const following = one.follow({ signal: stop.signal, onStanding: () => undefined });
      meanwhile?.();
      await eventually('the standby is in step', async () => {
        const { streams } = await one.standing();
        return streams.every(({ events }) => events === 0);
      });
      stop.abort();
      await following;
    },
    async [Symbol.asyncDispose]() {
      for (const one of opened) await one.release();
      await primary[Symbol.asyncDispose]();
      await standby[Symbol.asyncDispose]();
    },
  };
}
