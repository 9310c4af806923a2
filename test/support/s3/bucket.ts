import { createHash, randomUUID } from 'node:crypto';
import { S3Fault } from '#test/support/s3/fault';

export interface StoredObject {
  readonly bytes: Buffer;
  readonly etag: string;
  readonly modified: Date;
}

export interface PartName {
  readonly number: number;
  readonly etag: string;
}

interface Upload {
  readonly key: string;
  readonly parts: Map<number, StoredObject>;
}

export interface Listing {
  readonly keys: readonly string[];
  readonly prefixes: readonly string[];
  /** Where the next page begins; `undefined` on the last one. */
  readonly next: string | undefined;
}

export interface ListOptions {
  readonly prefix: string;
  readonly delimiter: string;
  /** Gives what comes after it. */
  readonly after: string;
  readonly keysMax: number;
}

const PART_BYTES_MIN = 5 * 1_048_576;
const KEY_BYTES_MAX = 1_024;

/** The objects of a bucket and the uploads that are under way, in memory. */
export class TestBucket {
  readonly objects = new Map<string, StoredObject>();
  readonly uploads = new Map<string, Upload>();

  get(key: string): StoredObject {
    const object = this.objects.get(key);
    if (object === undefined) throw new S3Fault(404, 'NoSuchKey');
    return object;
  }

  /** Stores an object; with `mustBeNew` only where there is none. */
  put(key: string, bytes: Buffer, mustBeNew: boolean): StoredObject {
    const object = { bytes, etag: `"${md5(bytes)}"`, modified: new Date() };
    this.#show(key, object, mustBeNew);
    return object;
  }

  begin(key: string): string {
    checkKey(key);
    const id = randomUUID();
    this.uploads.set(id, { key, parts: new Map() });
    return id;
  }

  putPart(id: string, number: number, bytes: Buffer): StoredObject {
    if (!(number >= 1 && number <= 10_000)) throw new S3Fault(400, 'InvalidArgument');
    const part = { bytes, etag: `"${md5(bytes)}"`, modified: new Date() };
    this.#upload(id).parts.set(number, part);
    return part;
  }

  complete(id: string, names: readonly PartName[], mustBeNew: boolean): StoredObject {
    const { key, parts } = this.#upload(id);
    if (names.length === 0) throw new S3Fault(400, 'MalformedXML');
    const chosen = names.map(({ number, etag }, index) => {
      const part = parts.get(number);
      if (part?.etag !== etag) throw new S3Fault(400, 'InvalidPart');
      if (number <= (names[index - 1]?.number ?? 0)) throw new S3Fault(400, 'InvalidPartOrder');
      const isLast = index === names.length - 1;
      if (!isLast && part.bytes.length < PART_BYTES_MIN) throw new S3Fault(400, 'EntityTooSmall');
      return part;
    });
    const etag = md5(
      Buffer.concat(chosen.map((part) => Buffer.from(part.etag.slice(1, -1), 'hex'))),
    );
    const object = {
      bytes: Buffer.concat(chosen.map((part) => part.bytes)),
      etag: `"${etag}-${chosen.length}"`,
      modified: new Date(),
    };
    this.#show(key, object, mustBeNew);
    this.uploads.delete(id);
    return object;
  }

  abort(id: string): void {
    this.#upload(id);
    this.uploads.delete(id);
  }

  list({ prefix, delimiter, after, keysMax }: ListOptions): Listing {
    const found = [...this.objects.keys()]
      .filter((key) => key.startsWith(prefix))
      .toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    const [keys, prefixes] = [[] as string[], new Set<string>()];
    let last = '';
    for (const key of found) {
      const cut = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
      const name = cut < 0 ? key : key.slice(0, cut + delimiter.length);
      if (name <= after || prefixes.has(name)) continue;
      if (keys.length + prefixes.size === keysMax)
        return { keys, prefixes: [...prefixes], next: last };
      if (cut < 0) keys.push(key);
      else prefixes.add(name);
      last = name;
    }
    return { keys, prefixes: [...prefixes], next: undefined };
  }

  /** One step: nothing can come between the look and the write. */
  #show(key: string, object: StoredObject, mustBeNew: boolean): void {
    checkKey(key);
    if (mustBeNew && this.objects.has(key)) throw new S3Fault(412, 'PreconditionFailed');
    this.objects.set(key, object);
  }

  #upload(id: string): Upload {
    const upload = this.uploads.get(id);
    if (upload === undefined) throw new S3Fault(404, 'NoSuchUpload');
    return upload;
  }
}

function checkKey(key: string): void {
  if (Buffer.byteLength(key) > KEY_BYTES_MAX) throw new S3Fault(400, 'KeyTooLongError');
}

function md5(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('hex');
}
