import { readFileSync } from 'node:fs';
import { brotliDecompressSync } from 'node:zlib';

/** One version of a webhook's contract. */
export interface WebhookVersion {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly jsonSchema: Readonly<Record<string, unknown>>;
}

interface Archive {
  readonly pool: Readonly<Record<string, unknown>>;
  readonly events: Readonly<
    Record<
      string,
      readonly {
        readonly release: string;
        readonly root: string;
        readonly definitions: Readonly<Record<string, string>>;
      }[]
    >
  >;
}

/** Reads the webhook schemas: every event, each with its versions in order. */
export function readWebhookContracts(path: string): readonly WebhookVersion[] {
  const archive = JSON.parse(brotliDecompressSync(readFileSync(path)).toString('utf8')) as Archive;
  return Object.entries(archive.events).flatMap(([event, history]) =>
    history.map(({ release, root, definitions }, index) => ({
      name: `github.${event}`,
      version: `v${index + 1}`,
      description: `GitHub webhook "${event}", as of @octokit/webhooks-schemas ${release}`,
      jsonSchema: {
        $schema: 'http://json-schema.org/draft-07/schema#',
        $ref: `#/definitions/${root.replaceAll('$', '%24')}`,
        definitions: Object.fromEntries(
          Object.entries(definitions).map(([name, hash]) => [name, archive.pool[hash]]),
        ),
      },
    })),
  );
}
