import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  buildBundle,
  buildRelease,
  type Release,
  type ReleaseFacts,
} from '#cli/bundle/build-release';
import { RELEASE_FILE_NAMES, sha256Hex } from '#cli/bundle/release-format';
import { readSigningKey, type SigningKey } from '#cli/bundle/signing-key';
import { JSON_TOOLS, type StubAnswer, type StubRequest } from '#test/cli/contract-bed';

/** A key pair in files, as users have them. */
export interface KeyFiles {
  readonly privatePath: string;
  readonly publicPath: string;
  readonly key: SigningKey;
}

/** Makes a key pair in a folder. */
export async function keyFiles(folder: string, name: string): Promise<KeyFiles> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const privatePath = join(folder, `${name}.pem`);
  const publicPath = join(folder, `${name}.pub.pem`);
  writeFileSync(privatePath, privateKey.export({ type: 'pkcs8', format: 'pem' }));
  writeFileSync(publicPath, publicKey.export({ type: 'spki', format: 'pem' }));
  return { privatePath, publicPath, key: await readSigningKey(privatePath) };
}

export const FACTS: ReleaseFacts = {
  createdAt: '2026-02-03T04:05:06.789Z',
  position: 42,
  tenant: 'default',
  environment: 'dev',
};

/** Makes a release of two contracts, with what a test wants otherwise; the title makes their content. */
export function smallRelease(
  key: SigningKey,
  facts: Partial<ReleaseFacts> = {},
  title = 'small',
): Release {
  const contract = (version: string) => ({
    version,
    digest: `sha256:${'a'.repeat(64)}`,
    jsonSchema: JSON.stringify({ title }),
  });
  const contracts = new Map([
    ['orders.created', contract('v2')],
    ['orders.cancelled', contract('1.0.0')],
  ]);
  const { canonical } = JSON_TOOLS;
  return buildRelease(
    buildBundle(contracts, canonical),
    { ...FACTS, ...facts },
    { key, canonical },
  );
}

/** Answers as a registry that holds one release under every name. */
export function serving({ files }: Release): (request: StubRequest) => StubAnswer {
  const byDigest = new Map(RELEASE_FILE_NAMES.map((name) => [sha256Hex(files[name]), files[name]]));
  const objects = RELEASE_FILE_NAMES.map((key) => ({
    key,
    sha256: sha256Hex(files[key]),
    bytes: files[key].length,
  }));
  return ({ path }) => {
    if (path.startsWith('/registry/datasets/'))
      return { body: { objects }, headers: { ETag: '"dataset-1"', 'Atlas-Position': '9' } };
    const bytes = byDigest.get(path.slice(path.lastIndexOf('/') + 1));
    return { body: Buffer.from(bytes ?? []).toString('utf8') };
  };
}
