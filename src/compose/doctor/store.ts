import { accessSync, constants, existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type Finding, ok, problem, problemOf, warning } from '#cli/doctor/finding';
import { openArtifactsToRead } from '#compose/artifact-store';
import type { Check, CheckSetup } from '#compose/doctor/check';
import { quote } from '#domain/errors';

const CHECK = 'artifacts';
const S3_TODO =
  'give its user s3:ListBucket, s3:GetObject, s3:PutObject, s3:DeleteObject and s3:AbortMultipartUpload, and check ATLAS_S3_ENDPOINT, ATLAS_S3_REGION, ATLAS_S3_PATH_STYLE and the credentials';

/** Looks whether artifacts can be kept where the settings say, by what this role does there. */
export const checkStore: Check = async (setup) => {
  const { store, natsUrl, storeFolder, dataDir } = setup.config;
  if (store === 's3') return await bucketFindings(setup);
  const shared = natsUrl === undefined || storeFolder !== undefined;
  const folder = resolve(storeFolder ?? join(dataDir, 'store'));
  const written = folderFinding(folder);
  if (shared || written.verdict === 'problem') return [written];
  const todo =
    'with more than one node set ATLAS_STORE=s3 or ATLAS_STORE_FOLDER; bodies over the limit of a message are refused until then';
  return [warning(CHECK, `${quote(folder)} is of this node alone, the log of many`, todo)];
};

function folderFinding(folder: string): Finding {
  const there = nearestExisting(folder);
  try {
    accessSync(there, constants.W_OK | constants.X_OK);
    return ok(CHECK, `in ${quote(folder)}`);
  } catch {
    return problem(
      CHECK,
      `${quote(there)} cannot be written`,
      'give it to the account of the registry (chown)',
    );
  }
}

function nearestExisting(path: string): string {
  return existsSync(path) ? path : nearestExisting(dirname(path));
}

async function bucketFindings(setup: CheckSetup): Promise<readonly Finding[]> {
  const { s3Bucket, s3Endpoint, role } = setup.config;
  const publisher = await openArtifactsToRead(setup);
  const { S3Publisher } = await import('#stores/http-s3/s3-publisher');
  if (!(publisher instanceof S3Publisher)) throw new TypeError('The store is not a bucket');
  const name = `bucket ${quote(s3Bucket ?? '')}${s3Endpoint === undefined ? '' : ` at ${s3Endpoint}`}`;
  const step = async (what: string, work: () => Promise<unknown>): Promise<Finding> => {
    try {
      await work();
      return ok(CHECK, `${name}: ${what}`);
    } catch (error) {
      const { is } = problemOf(CHECK, error);
      return problem(CHECK, `${name}, ${what}: ${is}`, S3_TODO);
    }
  };
  const lists = await step('lists', () => publisher.files.list('catalogs'));
  if (lists.verdict === 'problem' || role === 'reader') return [lists];
  return [
    lists,
    await step('creates a file once', () => publisher.probe()),
    await step('takes uploads in parts', () => publisher.probeParts()),
  ];
}
