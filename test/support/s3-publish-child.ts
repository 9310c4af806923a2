import { parseSha256 } from '#domain/digest';
import { systemClock } from '#flow/clock';
import { S3Bucket, type S3Options } from '#stores/http-s3/s3-client';
import { S3Publisher } from '#stores/http-s3/s3-publisher';

/** What the process that is killed is to do. */
export interface S3PublishTask {
  readonly options: Omit<S3Options, 'clock'>;
  readonly sha256: string;
  /** How many bytes to give before it says `half` and gives no more. */
  readonly bytes: number;
  readonly fill: string;
}

async function* half({ bytes, fill }: S3PublishTask): AsyncGenerator<Uint8Array> {
  yield Buffer.alloc(bytes, fill);
  process.stdout.write('half\n');
  await new Promise((resolve) => setTimeout(resolve, 600_000));
}

async function main(task: S3PublishTask): Promise<void> {
  const bucket = new S3Bucket({ ...task.options, clock: systemClock });
  const publisher = new S3Publisher({ bucket, partBytes: 5_242_880 });
  await publisher.put(parseSha256(task.sha256), half(task), { bytesMax: 100_000_000 });
}

await main(JSON.parse(process.argv[2] ?? '{}') as S3PublishTask);
