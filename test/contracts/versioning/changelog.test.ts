import { describe, expect, it } from 'vitest';
import {
  CHANGELOG_CHANGES_MAX,
  CHANGELOG_VERSIONS_MAX,
  type ChangelogChange,
  type ChangelogEntry,
  changelogMarkdown,
} from '#contracts/versioning/changelog';

function entry(part: Partial<ChangelogEntry>): ChangelogEntry {
  return {
    version: '1.0.0',
    publishedAt: '2026-01-02T03:04:05Z',
    level: 'none',
    changes: [],
    ...part,
  };
}

function change(message: string, part: Partial<ChangelogChange> = {}): ChangelogChange {
  return { rule: 'r', message, breaking: false, feature: false, ...part };
}

describe('changelogMarkdown()', () => {
  it('shows each version with its breaking changes first, then what was added, then the rest', () => {
    const text = changelogMarkdown('ritual.started', [
      entry({
        version: '2.0.0',
        level: 'major',
        description: 'A new start',
        changes: [
          change('docs'),
          change('new', { feature: true }),
          change('gone', { breaking: true, pointer: '/properties/a' }),
          change('both', { breaking: true, feature: true }),
        ],
      }),
      entry({ level: 'minor' }),
    ]);
    expect(text).toBe(`# Changelog of ritual.started

## 2.0.0

Published 2026-01-02T03:04:05Z, a major change.

A new start

### Breaking

- gone (r at \\/properties/a)
- both (r)

### Added

- new (r)

### Changed

- docs (r)

## 1.0.0

Published 2026-01-02T03:04:05Z, a minor change.
`);
  });

  it('says who published against the rules, and why', () => {
    const override = { actor: 'ann', reason: 'Nobody used it' };
    expect(changelogMarkdown('a', [entry({ override })])).toContain(
      '\n\nPublished against the rules by ann: Nobody used it\n',
    );
    expect(changelogMarkdown('a', [entry({})])).not.toContain('against the rules');
  });

  it('keeps the order of the entries and shows none that was not given', () => {
    const text = changelogMarkdown('a', [entry({ version: 'v2' }), entry({ version: 'v1' })]);
    expect(text.match(/^## .*$/gm)).toEqual(['## v2', '## v1']);
    expect(changelogMarkdown('a', [])).toBe('# Changelog of a\n');
  });

  it('counts the changes of a group that it does not show', () => {
    const many = Array.from({ length: CHANGELOG_CHANGES_MAX + 2 }, (_, index) =>
      change(`change ${index}`, { breaking: true }),
    );
    const most = changelogMarkdown('a', [entry({ changes: many.slice(2) })]);
    expect(most.match(/^- change/gm)).toHaveLength(CHANGELOG_CHANGES_MAX);
    expect(most).not.toContain('more');
    const more = changelogMarkdown('a', [entry({ changes: [...many, change('rest')] })]);
    expect(more.match(/^- change/gm)).toHaveLength(CHANGELOG_CHANGES_MAX);
    expect(more).toContain('\n- and 2 more\n\n### Changed\n\n- rest (r)\n');
  });

  it('counts the versions that it does not show', () => {
    const many = Array.from({ length: CHANGELOG_VERSIONS_MAX + 1 }, () => entry({}));
    expect(changelogMarkdown('a', many)).toMatch(/\n\nAnd 1 more version\.\n$/);
    expect(changelogMarkdown('a', [...many, ...many])).toMatch(/\n\nAnd 202 more versions\.\n$/);
    expect(changelogMarkdown('a', many.slice(1))).not.toContain('more');
  });

  it('lets no text of a publisher become markup, HTML, a link or a line of its own', () => {
    const evil = '\n\n## x\n[a](http://b) <img src=x> ![c](d) **e** www.f.g\n- h\n';
    const plain = changelogMarkdown('a', [entry({})]);
    const text = changelogMarkdown(evil, [
      entry({
        version: evil,
        publishedAt: evil,
        description: evil,
        changes: [change(evil, { rule: evil, pointer: evil })],
        override: { reason: evil, actor: evil },
      }),
    ]);
    const outside = text.replace(/`[^`]*`/g, '');
    expect(outside).not.toMatch(/(?<!\\)[<>[\]!*]/);
    expect(outside).not.toMatch(/www\.|http:/);
    expect(text.match(/^#.*$/gm)).toHaveLength((plain.match(/^#/gm)?.length ?? 0) + 1);
    expect(text.match(/^- /gm)).toHaveLength(1);
  });
});
