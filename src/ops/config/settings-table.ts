import type { Setting } from '#ops/config/setting';
import { SETTINGS } from '#ops/config/settings';

/** Writes the settings as a Markdown table, for the README. */
export function settingsTable(): string {
  const rows = (Object.values(SETTINGS) as readonly Setting<unknown>[]).map(
    ({ env, default: value, doc }) =>
      `| \`${env}\` | ${value === undefined ? '' : `\`${value}\``} | ${doc} |`,
  );
  return ['| variable | default | what it does |', '| --- | --- | --- |', ...rows].join('\n');
}
