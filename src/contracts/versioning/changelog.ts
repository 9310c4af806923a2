import { markdownText } from '#contracts/versioning/markdown-text';
import type { ChangeLevel } from '#domain/contract-gate';

/** How many versions one changelog shows. The rest is counted at the end. */
export const CHANGELOG_VERSIONS_MAX = 200;
/** How many changes one group of one version shows. The rest is counted after them. */
export const CHANGELOG_CHANGES_MAX = 50;

/** One thing that a version changes. */
export interface ChangelogChange {
  readonly rule: string;
  readonly message: string;
  readonly breaking: boolean;
  readonly feature: boolean;
  /** Where in the content it stands. */
  readonly pointer?: string;
}

/** One published version. */
export interface ChangelogEntry {
  readonly version: string;
  /** RFC 3339. */
  readonly publishedAt: string;
  readonly level: ChangeLevel;
  readonly description?: string;
  readonly changes: readonly ChangelogChange[];
  /** Who published against the rules, and why. */
  readonly override?: { readonly reason: string; readonly actor: string };
}

const GROUPS = ['Breaking', 'Added', 'Changed'] as const;
type Group = (typeof GROUPS)[number];

const LEVEL_TEXTS: Readonly<Record<ChangeLevel, string>> = {
  none: 'no change',
  patch: 'a patch',
  minor: 'a minor change',
  major: 'a major change',
};

/**
 * Writes a changelog as Markdown, in the order of the entries: newest first, when they come so. Breaking changes stand
 * first in each version, then what was added, then the rest, each group in its own order. No text of a publisher becomes
 * markup, HTML or a link. Ends with one line feed.
 */
export function changelogMarkdown(name: string, entries: readonly ChangelogEntry[]): string {
  const shown = entries.slice(0, CHANGELOG_VERSIONS_MAX);
  const blocks = [`# Changelog of ${markdownText(name)}`, ...shown.flatMap(entryBlocks)];
  const more = entries.length - shown.length;
  if (more > 0) blocks.push(`And ${more} more ${more === 1 ? 'version' : 'versions'}.`);
  return `${blocks.join('\n\n')}\n`;
}

function entryBlocks(entry: ChangelogEntry): readonly string[] {
  const { version, publishedAt, level, description, override } = entry;
  const blocks = [
    `## ${markdownText(version)}`,
    `Published ${markdownText(publishedAt)}, ${LEVEL_TEXTS[level]}.`,
  ];
  const about = description === undefined ? '' : markdownText(description);
  if (about !== '') blocks.push(about);
  if (override !== undefined) {
    const { actor, reason } = override;
    blocks.push(`Published against the rules by ${markdownText(actor)}: ${markdownText(reason)}`);
  }
  for (const group of GROUPS) {
    const changes = entry.changes.filter((change) => groupOf(change) === group);
    if (changes.length > 0) blocks.push(`### ${group}`, changeLines(changes).join('\n'));
  }
  return blocks;
}

function changeLines(changes: readonly ChangelogChange[]): readonly string[] {
  const lines = changes.slice(0, CHANGELOG_CHANGES_MAX).map(({ message, pointer, rule }) => {
    const where = pointer === undefined || pointer === '' ? '' : ` at ${markdownText(pointer)}`;
    return `- ${markdownText(message)} (${markdownText(rule)}${where})`;
  });
  const more = changes.length - lines.length;
  return more > 0 ? [...lines, `- and ${more} more`] : lines;
}

function groupOf({ breaking, feature }: ChangelogChange): Group {
  if (breaking) return 'Breaking';
  return feature ? 'Added' : 'Changed';
}
