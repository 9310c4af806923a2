import { readConfig } from '#ops/config/read-config';
import type { Config } from '#ops/config/settings';

/** Reads the settings from the environment of this process. @throws INVALID_SETTING with every problem found */
export function readSettings(): Config {
  return readConfig(environment());
}

/** The settings, and what is wrong with them. */
export interface CheckedSettings {
  /** Absent where something keeps them from being used at all. */
  readonly config: Config | undefined;
  readonly problems: readonly string[];
}

/** Reads the settings to look at them: with names that are no setting they can be used all the same. */
export function checkSettings(): CheckedSettings {
  const env = environment();
  const problems = problemsIn(env);
  if (problems.length === 0) return { config: readConfig(env), problems };
  const known = { ...env, ATLAS_ALLOW_UNKNOWN_SETTINGS: 'true' };
  return { config: problemsIn(known).length === 0 ? readConfig(known) : undefined, problems };
}

function problemsIn(env: NodeJS.ProcessEnv): readonly string[] {
  try {
    readConfig(env);
    return [];
  } catch (error) {
    return error instanceof Error ? error.message.split('\n') : [String(error)];
  }
}

function environment(): NodeJS.ProcessEnv {
  // The SDK of S3 tells whoever runs Node 20 at every start that it will want 22 some day: it is pinned to one that does not.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  return process.env;
}
