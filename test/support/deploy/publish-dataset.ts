import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import { newId } from '#flow/new-id';
import type { Api } from '#test/support/api';

export interface PublishedDataset {
  readonly name: string;
  readonly sha256: string;
  readonly bytes: Buffer;
  readonly position: number;
}

/** Uploads a file, registers a dataset with it, and publishes that. */
export async function publishDataset(api: Api): Promise<PublishedDataset> {
  const bytes = Buffer.from('order_id,amount\n1,9.90\n');
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const name = `deploy/${newId()}`;
  const file = { key: 'orders.csv', sha256, bytes: bytes.length };
  const put = { method: 'PUT', raw: bytes } as const;
  expect((await api.send(`/registry/artifacts/${sha256}`, put)).status).toBeLessThan(300);
  const dataset = { name, schema_fingerprint: 'f', objects: [{ ...file, media_type: 'text/csv' }] };
  expect((await api.post('/registry/datasets', dataset)).status).toBe(201);
  const answer = await api.post(`/registry/datasets/${name}/publish`, { artifact: file });
  expect(answer.json).toMatchObject({ name, status: 'published' });
  return { name, sha256, bytes, position: answer.position };
}
