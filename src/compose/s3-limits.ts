import type { Config } from '#ops/config/settings';
import type { S3Limits } from '#stores/http-s3/s3-client';

const SOCKETS_MAX = 64;

/** The limits of everything that speaks S3. */
export function s3Limits(config: Config): S3Limits {
  return {
    connectMs: config.storeConnectMs,
    firstByteMs: config.storeFirstByteMs,
    idleMs: config.storeIdleMs,
    totalMs: config.storeTotalMs,
    writeMs: config.storeTotalMs,
    socketsMax: SOCKETS_MAX,
  };
}
