import { join } from 'node:path';
import { Enums, Models, Serialize, Spec } from '@cyclonedx/cyclonedx-library';
import { packageInfo } from '#ops/package-root';
import { type LockedPackage, type LockFile, readLockFile } from '#test/support/lock-file';

/**
 * Lists what runs in production, from the lock files that packages are installed by: those of the registry and of the nats-server
 * that it brings along. CycloneDX 1.6 as JSON. The same lock files give the same text.
 */
export function softwareBillOfMaterials(): string {
  const { root, version } = packageInfo();
  const bom = new Models.Bom();
  const own = new Models.Component(Enums.ComponentType.Application, 'atlas-registry', {
    bomRef: `atlas-registry@${version}`,
    version,
    purl: `pkg:npm/atlas-registry@${version}`,
  });
  own.licenses.add(new Models.SpdxLicense('Apache-2.0'));
  bom.metadata.component = own;
  for (const lock of [readLockFile(root), readLockFile(join(root, 'embedded'))])
    addPackages(bom, own, lock);
  const serializer = new Serialize.JsonSerializer(
    new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6),
  );
  return `${serializer.serialize(bom, { sortLists: true, space: 2 })}\n`;
}

function addPackages(bom: Models.Bom, own: Models.Component, lock: LockFile): void {
  const components = new Map<string, Models.Component>();
  const shipped = lock.packages.filter(({ isShipped }) => isShipped);
  for (const locked of shipped) components.set(locked.path, componentOf(locked, lock));
  const refs = (paths: readonly string[]): readonly Models.BomRef[] =>
    paths.flatMap((path) => components.get(path)?.bomRef ?? []);
  for (const ref of refs(lock.needs)) own.dependencies.add(ref);
  for (const { path, needs } of shipped) {
    const component = components.get(path);
    if (component === undefined) continue;
    for (const ref of refs(needs)) component.dependencies.add(ref);
    bom.components.add(component);
  }
}

function componentOf(locked: LockedPackage, { name: lockName }: LockFile): Models.Component {
  const { path, name, version, license = '', integrity = '' } = locked;
  const component = new Models.Component(Enums.ComponentType.Library, name, {
    // The same package may lie in two folders.
    bomRef: `${lockName}/${path}`,
    version,
    purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
    scope: Enums.ComponentScope.Required,
  });
  component.licenses.add(
    / (?:OR|AND) /.test(license)
      ? new Models.LicenseExpression(license)
      : new Models.SpdxLicense(license),
  );
  const [, digest = ''] = integrity.split('sha512-');
  component.hashes.set(
    Enums.HashAlgorithm['SHA-512'],
    Buffer.from(digest, 'base64').toString('hex'),
  );
  return component;
}
