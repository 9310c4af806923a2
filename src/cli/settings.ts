import { readConfig } from '#ops/config/read-config';
import type { Config } from '#ops/config/settings';

/** Reads the settings from the environment of this process. @throws INVALID_SETTING with every problem found */
export function readSettings(): Config {
  // The SDK of S3 tells whoever runs Node 20 at every start that it will want 22 some day: it is pinned to one that does not.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  return readConfig(process.env);
}
