import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readConfig } from '#ops/config/read-config';
import { SETTINGS } from '#ops/config/settings';
import { packageInfo } from '#ops/package-root';

const { root } = packageInfo();
const GUIDES = [
  'docs/install.md',
  'docs/grow.md',
  'docs/kubernetes.md',
  'docs/upgrade.md',
  'deploy/helm/atlas-registry/README.md',
];
const known = new Set<string>(Object.values(SETTINGS).map(({ env }) => env));

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

describe.each(GUIDES)('%s', (guide) => {
  const text = read(guide);

  it('leads to files and headings that are there', () => {
    for (const [, target = ''] of text.matchAll(/\]\(([^)]+)\)/g)) {
      const [path = '', anchor] = target.split('#');
      const file = join(dirname(guide), path);
      expect(existsSync(join(root, file)), target).toBe(true);
      const headings = [...read(file).matchAll(/^#+ (.*)$/gm)].map(([, name = '']) =>
        name.toLowerCase().replaceAll(' ', '-'),
      );
      if (anchor !== undefined) expect(headings, target).toContain(anchor);
    }
  });

  it('names settings, targets of make and paths that there are', () => {
    for (const [name] of text.matchAll(/\bATLAS_[A-Z0-9_]+\b/g))
      expect(known, name).toContain(name);
    for (const [, target] of text.matchAll(/(?:^|`)make ([a-z-]+)/gm))
      expect(read('Makefile'), target).toContain(`\n${target}: `);
    // `deploy/atlas-writer` is one of Kubernetes.
    for (const [path] of text.matchAll(/\b(?:deploy|test)\/(?!atlas-writer)[\w./-]*\w/g))
      expect(existsSync(join(root, path)), path).toBe(true);
  });
});

describe('the unit of systemd', () => {
  const unit = read('deploy/systemd/atlas-registry.service');
  const value = (name: string): string => new RegExp(`^${name}=(.*)$`, 'm').exec(unit)?.[1] ?? '';

  it('starts what the build makes, with settings that are known', () => {
    expect(value('ExecStart')).toBe('/usr/bin/node dist/src/main.js serve');
    const [name = '', path] = value('Environment').split('=');
    expect(known).toContain(name);
    expect(path).toBe(`/var/lib/${value('StateDirectory')}`);
  });

  it('waits longer than a node takes to drain, and allows the files that its sockets need', () => {
    const { drainDelayMs, shutdownGraceMs, socketsMax } = readConfig({});
    expect(Number(value('TimeoutStopSec')) * 1_000).toBeGreaterThan(drainDelayMs + shutdownGraceMs);
    expect(Number(value('LimitNOFILE'))).toBeGreaterThan(socketsMax);
  });
});
