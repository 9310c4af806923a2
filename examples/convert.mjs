// Makes the files of this folder from the npm packages that they come from. Run once, by hand:
//   npm pack ideogram@1.53.0 && tar xzf ideogram-1.53.0.tgz                              (gives package/)
//   npm pack @octokit/webhooks-schemas@<version>, unpacked to <schemas>/<version>/        (one folder a release)
//   node examples/convert.mjs package <schemas>
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gunzipSync } from 'node:zlib';

const [ideogram, schemas] = process.argv.slice(2);
const here = import.meta.dirname;
const SPECIES = [
  'homo-sapiens',
  'mus-musculus',
  'drosophila-melanogaster',
  'caenorhabditis-elegans',
];

function compress(text) {
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: 11,
    [constants.BROTLI_PARAM_LGWIN]: 24,
    [constants.BROTLI_PARAM_SIZE_HINT]: text.length,
  };
  return brotliCompressSync(text, { params });
}

// Keeps what the gene table says of a gene's place and name; sorted by place, so that it compresses.
function convertGenes(species) {
  const file = join(ideogram, 'dist/data/cache/genes', `${species}-genes.tsv.gz`);
  const lines = gunzipSync(readFileSync(file)).toString('utf8').trimEnd().split('\n');
  const source = lines
    .find((line) => line.startsWith('## Derived from'))
    .replace('## Derived from ', '');
  const prefix = lines.find((line) => line.startsWith('## prefix:')).replace('## prefix: ', '');
  const [, release, name, assembly] = /release-(\d+)\/gff3\/(\w+)\/[A-Z]\w+?\.(.+)\.\d+\.gff3/.exec(
    source,
  );
  const genes = lines
    .filter((line) => !line.startsWith('#'))
    .map((line) => line.split('\t'))
    .map(([seqid, start, length, id, symbol]) => ({
      seqid,
      start: Number(start),
      length: Number(length),
      id,
      symbol,
    }))
    .sort((a, b) =>
      a.seqid < b.seqid ? -1 : a.seqid > b.seqid ? 1 : a.start - b.start || (a.id < b.id ? -1 : 1),
    );
  const head = [`#source\t${source}`, `#prefix\t${prefix}`];
  const rows = genes.map((g) => [g.seqid, g.start, g.length, g.id, g.symbol].join('\t'));
  mkdirSync(join(here, 'genes', release, name), { recursive: true });
  const target = join(here, 'genes', release, name, `${assembly}.tsv.br`);
  writeFileSync(target, compress(`${[...head, ...rows].join('\n')}\n`));
  console.log(`${release}/${name}/${assembly}: ${genes.length} genes`);
}

const byRelease = (a, b) => {
  const [x, y] = [a, b].map((v) => v.split('.').map(Number));
  return x[0] - y[0] || x[1] - y[1] || x[2] - y[2];
};

// Splits each release into one schema an event, with the definitions that it uses; a definition that did not change is
// kept once, under its hash.
function convertSchemas() {
  const pool = {};
  const events = {};
  const releases = readdirSync(schemas).sort(byRelease);
  for (const release of releases) {
    const { definitions, oneOf } = JSON.parse(
      readFileSync(join(schemas, release, 'schema.json'), 'utf8'),
    );
    for (const { $ref } of oneOf) {
      const root = $ref.split('/').at(-1);
      const name = root.replace(/[_$]event$/, '');
      const used = Object.fromEntries(
        closure(definitions, root).map((key) => [key, keep(pool, definitions[key])]),
      );
      const history = (events[name] ??= []);
      const last = history.at(-1);
      if (last === undefined || JSON.stringify(last.definitions) !== JSON.stringify(used)) {
        history.push({ release, root, definitions: used });
      }
    }
  }
  const text = JSON.stringify({ releases, pool, events });
  writeFileSync(join(here, 'contracts', 'github-webhooks.json.br'), compress(text));
  const versions = Object.values(events).reduce((sum, history) => sum + history.length, 0);
  console.log(
    `${Object.keys(events).length} events, ${versions} versions from ${releases.length} releases`,
  );
}

function closure(definitions, root) {
  const seen = new Set();
  const queue = [root];
  for (const name of queue) {
    if (seen.has(name)) continue;
    seen.add(name);
    for (const [, used] of JSON.stringify(definitions[name]).matchAll(
      /"#\/definitions\/([^"]+)"/g,
    )) {
      queue.push(decodeURIComponent(used));
    }
  }
  return [...seen].sort((a, b) => (a < b ? -1 : 1));
}

function keep(pool, definition) {
  const text = JSON.stringify(definition);
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 16);
  pool[hash] = definition;
  return hash;
}

for (const species of SPECIES) convertGenes(species);
convertSchemas();
