import type { Command } from 'commander';
import type { AtlasClient } from '#api-client/atlas-client';
import type { Schemas } from '#api-client/operations';
import type { CommandHost } from '#cli/command/command-host';
import { CommandFault, EXIT } from '#cli/command/exit-code';
import { printable } from '#cli/command/printable';
import { addTargetOptions, type TargetFlags } from '#cli/command/target-options';
import { bytesText } from '#cli/dataset/describe-manifest';
import {
  hashFile,
  type LocalFile,
  type NamedFile,
  parseNamedFile,
  uploadFile,
} from '#cli/dataset/local-file';
import { explain } from '#cli/manual/manual-command';
import { addIdempotencyKey, wholeNumber } from '#cli/remote/options';
import { readJson } from '#cli/remote/read-json';
import { type Shown, showRemote } from '#cli/remote/run-remote';

interface RegisterFlags extends TargetFlags {
  readonly fingerprint: string;
  readonly file?: readonly NamedFile[];
  readonly rows?: number;
  readonly tables?: string;
  readonly idempotencyKey?: string;
}

interface PublishFlags extends TargetFlags {
  readonly file?: NamedFile;
  readonly key?: string;
  readonly idempotencyKey?: string;
}

interface Work<Flags> {
  readonly flags: Flags;
  readonly host: CommandHost;
  readonly signal: AbortSignal;
}

const REGISTER_MANUAL = {
  about: `Files are hashed here and listed in the manifest; "dataset publish" uploads the one that is the artifact. Registering a
name again replaces its objects and its row count, under the same fingerprint.`,
  examples: [
    'atlas-registry dataset register demo/genes --fingerprint v1 --file genes.sqlite',
    'atlas-registry dataset register demo/genes --fingerprint v1 --file data=./out/genes.sqlite --rows 1200',
  ],
  exits: { [EXIT.refused]: 'refused: another fingerprint, or it is not allowed' },
};

const PUBLISH_MANUAL = {
  about: `Puts the dataset into the catalog with one of its objects as the artifact. With --file the bytes are uploaded first; they
must be those of an object that was registered.`,
  examples: ['atlas-registry dataset publish demo/genes --file genes.sqlite'],
  exits: {
    [EXIT.refused]: 'refused: the bytes are not those that were registered, or are not there',
  },
};

/** Adds `dataset register` and `dataset publish`. */
export function addDatasetWrites(group: Command, host: CommandHost): void {
  const collectFile = (value: string, before: readonly NamedFile[] = []): readonly NamedFile[] => [
    ...before,
    parseNamedFile(value),
  ];
  const register = group
    .command('register')
    .description('Register a dataset, or replace the objects of one.')
    .argument('<name>', 'such as 110/homo_sapiens/GRCh38')
    .requiredOption('--fingerprint <text>', 'names the schema; a dataset keeps its first one')
    .option('--file <key=path>', 'an object, by its file; may be repeated', collectFile)
    .option('--rows <count>', 'how many rows it has', wholeNumber(0, Number.MAX_SAFE_INTEGER))
    .option(
      '--tables <file>',
      'JSON with a list of how its rows are found; - reads standard input',
    );
  explain(register, REGISTER_MANUAL);
  addIdempotencyKey(addTargetOptions(register)).action(async (name: string, flags: RegisterFlags) =>
    showRemote(
      host,
      flags,
      async (client, signal) => await registerFiles(client, name, { flags, host, signal }),
    ),
  );
  const publish = group
    .command('publish')
    .description('Put a dataset into the catalog.')
    .argument('<name>', 'the dataset, such as 110/homo_sapiens/GRCh38')
    .option('--file <key=path>', 'upload this file as the artifact', parseNamedFile)
    .option('--key <key>', 'which of its objects is the artifact (default: the only one)');
  explain(publish, PUBLISH_MANUAL);
  addIdempotencyKey(addTargetOptions(publish)).action(async (name: string, flags: PublishFlags) =>
    showRemote(
      host,
      flags,
      async (client, signal) => await publishFile(client, name, { flags, host, signal }),
    ),
  );
}

async function registerFiles(
  client: AtlasClient,
  name: string,
  { flags, host, signal }: Work<RegisterFlags>,
): Promise<Shown> {
  const { fingerprint, file: files = [], rows = null, tables, idempotencyKey } = flags;
  const objects: { key: string; sha256: string; bytes: number }[] = [];
  for (const file of files) {
    const { key, sha256, bytes } = await hashFile(file, host, signal);
    objects.push({ key, sha256, bytes });
  }
  const body = {
    name,
    schema_fingerprint: fingerprint,
    objects,
    row_count: rows,
    // The registry says what is wrong with it.
    ...(tables === undefined ? {} : { tables: (await readJson(tables, host, signal)) as never }),
  };
  const answer = await client.registerDataset(body, { idempotencyKey });
  const { manifest, existing } = answer;
  const verb = existing ? 'changed' : 'registered';
  const next =
    manifest.status === 'published'
      ? ''
      : `\nNext: atlas-registry dataset publish ${printable(name)} --file <path>`;
  const count = `${manifest.objects.length} ${manifest.objects.length === 1 ? 'object' : 'objects'}`;
  const text = printable(`${manifest.name} ${verb}: ${count}, id ${manifest.dataset_id}`);
  return { json: answer, text: `${text}${next}\n` };
}

async function publishFile(
  client: AtlasClient,
  name: string,
  { flags, host, signal }: Work<PublishFlags>,
): Promise<Shown> {
  const { file, idempotencyKey } = flags;
  const key = flags.key ?? (file?.isKeyGiven === true ? file.key : undefined);
  if (file?.isKeyGiven === true && file.key !== key)
    throw new CommandFault(
      EXIT.usage,
      `Cannot publish dataset ${JSON.stringify(name)}: --key is ${JSON.stringify(key)}, and --file says ${JSON.stringify(file.key)} (want one of them)`,
    );
  const manifest = await client.getDataset(name);
  const local = file === undefined ? undefined : await hashFile(file, host, signal);
  const { key: chosen, sha256, bytes } = artifactOf(manifest, { key, local });
  if (local !== undefined) await uploadFile(client, local, host);
  const artifact = { key: chosen, sha256, bytes };
  const published = await client.publishDataset(name, artifact, { idempotencyKey });
  const text = `${published.name} published: ${chosen}, ${bytesText(bytes)}, ${sha256}`;
  return { json: published, text: `${printable(text)}\n` };
}

function artifactOf(
  { name, objects }: Schemas['Manifest'],
  { key, local }: { readonly key: string | undefined; readonly local: LocalFile | undefined },
): Schemas['DatasetObject'] {
  const fitting = objects.filter(
    (object) =>
      (key === undefined || object.key === key) &&
      (local === undefined || object.sha256 === local.sha256),
  );
  const [only, ...others] = fitting;
  if (only !== undefined && others.length === 0) return only;
  const keys = objects.map((object) => object.key).join(', ');
  const isKeyWrong = key !== undefined && !objects.some((object) => object.key === key);
  const is = isKeyWrong
    ? `it has no object ${JSON.stringify(key)}`
    : local !== undefined && only === undefined
      ? `the bytes of ${JSON.stringify(local.path)} are none of its objects`
      : `${fitting.length} of its objects fit`;
  throw new CommandFault(
    EXIT.refused,
    `Cannot publish dataset ${JSON.stringify(name)}: ${is} (want one of: ${keys === '' ? 'there are none, register it with --file' : keys})`,
  );
}
