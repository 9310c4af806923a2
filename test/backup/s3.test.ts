import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  type BackupSide,
  backUp,
  eventsOf,
  openBackupSide,
  restoreInto,
} from '#test/support/backup-bed';
import { type S3Server, startS3Server } from '#test/support/s3-server';

let s3: S3Server;
let from: BackupSide;
let into: BackupSide;

function withS3(side: BackupSide): BackupSide {
  const env = { ...side.env, ATLAS_S3_ENDPOINT: s3.endpoint, ATLAS_S3_PATH_STYLE: 'true' };
  return { ...side, env };
}

beforeAll(async () => {
  s3 = await startS3Server();
  // As the chain of the SDK finds them.
  vi.stubEnv('AWS_ACCESS_KEY_ID', s3.credentials.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', s3.credentials.secretAccessKey);
  [from, into] = [withS3(await openBackupSide()), withS3(await openBackupSide())];
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await from[Symbol.asyncDispose]();
  await into[Symbol.asyncDispose]();
  await s3[Symbol.asyncDispose]();
});

describe('a backup in S3', () => {
  it('is made, added to and restored as one in a folder is', async () => {
    const place = `s3://${s3.bucketName}/deep/backups`;
    await from.write(30, 1);
    const first = await backUp(from, place);
    expect(first, first.text).toMatchObject({ outcome: 'succeeded' });
    await from.write(10, 2);
    expect((await backUp(from, place)).text).toContain('going on from 1');
    const keys = [...s3.bucket.objects.keys()];
    expect(keys.every((key) => key.startsWith('deep/backups/'))).toBe(true);
    const restore = await restoreInto(into, place);
    expect(restore, restore.text).toMatchObject({ outcome: 'succeeded' });
    for (const stream of ['REGISTRY', 'JOBS'] as const)
      expect(await eventsOf(into.logs[stream])).toEqual(await eventsOf(from.logs[stream]));
  });

  it('is refused when the bucket is another', async () => {
    const run = await backUp(from, 's3://no-such-bucket/x');
    expect(run.outcome).toBe('failed');
    expect(run.text).toMatch(/NoSuchBucket|no-such-bucket/);
  });
});
