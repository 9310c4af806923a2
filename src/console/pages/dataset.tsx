import { useAnswer } from '#console/api/use-answer';
import { CacheState } from '#console/pages/dataset-cache';
import { DatasetContract } from '#console/pages/dataset-contract';
import { DatasetHistory } from '#console/pages/dataset-history';
import { DatasetQuery } from '#console/pages/dataset-query';
import { DatasetRuns } from '#console/pages/dataset-runs';
import type { Manifest } from '#console/pages/dataset-shape';
import { Badge, Digest, Facts, Moment, Section } from '#console/parts/bits';
import { Download } from '#console/parts/download';
import { PastNote } from '#console/parts/history';
import { BrokenName } from '#console/parts/links';
import { Empty, Shown } from '#console/parts/notes';
import { Table } from '#console/parts/table';
import { Tabs, tabOf } from '#console/parts/tabs';
import { bytesText, countText } from '#console/parts/words';
import { hrefOf, place } from '#console/shell/place';

const TABS = [
  ['manifest', 'Manifest'],
  ['query', 'Query'],
  ['history', 'History'],
  ['runs', 'Runs'],
  ['contract', 'Contract'],
  ['cache', 'Cache'],
] as const;
const PAST_TABS: ReadonlySet<string> = new Set(['manifest', 'history']);

/** One dataset: what it is, what it was, what is in it. */
export function DatasetPage({ name }: { readonly name: string }) {
  const at = place.value.query.get('at');
  const path = `/registry/datasets/${encodeURIComponent(name)}`;
  // Rows, runs, contracts and files are asked for as they are now.
  const isNow = !PAST_TABS.has(tabOf(TABS));
  const [answer, again] = useAnswer<Manifest>(
    at === null || isNow ? path : `${path}?at=${encodeURIComponent(at)}`,
  );
  return (
    <>
      <p class="crumbs">
        <a href={hrefOf(['datasets'])}>Datasets</a>
      </p>
      <h1>
        <BrokenName of={name} />
      </h1>
      <PastNote isNow={isNow} />
      <Tabs label="Parts of the dataset" tabs={TABS} keep={['at']} />
      {tabOf(TABS) === 'history' ? (
        <DatasetHistory name={name} />
      ) : (
        <Shown answer={answer} again={again}>
          {(manifest) => <Part manifest={manifest} />}
        </Shown>
      )}
    </>
  );
}

function Part({ manifest }: { readonly manifest: Manifest }) {
  switch (tabOf(TABS)) {
    case 'query':
      return <DatasetQuery manifest={manifest} />;
    case 'runs':
      return <DatasetRuns name={manifest.name} />;
    case 'contract':
      return <DatasetContract manifest={manifest} />;
    case 'cache':
      return <CacheState name={manifest.name} />;
    default:
      return <Overview manifest={manifest} />;
  }
}

function Overview({ manifest }: { readonly manifest: Manifest }) {
  const { objects, artifact } = manifest;
  return (
    <>
      <Facts
        of={[
          { name: 'Status', value: <Badge of={manifest.status} /> },
          { name: 'Rows', value: countText(manifest.row_count) },
          { name: 'Schema fingerprint', value: <Digest of={manifest.schema_fingerprint} /> },
          { name: 'Id', value: <Digest of={manifest.dataset_id} /> },
          { name: 'Registered', value: <Moment of={manifest.created_at} /> },
          { name: 'Changed', value: <Moment of={manifest.updated_at} /> },
          { name: 'Published', value: <Moment of={manifest.published_at} /> },
        ]}
      />
      <Section title="Objects">
        {objects.length === 0 ? (
          <Empty title="It names no objects">
            <p>Register it again with the same fingerprint and a list of objects.</p>
          </Empty>
        ) : (
          <Table
            label="Objects"
            rows={objects}
            keyOf={({ key }) => key}
            columns={[
              {
                title: 'Key',
                show: ({ key, sha256 }) => (
                  <>
                    {key} {sha256 === artifact?.sha256 && <Badge of="published" />}
                  </>
                ),
              },
              { title: 'Type', show: ({ media_type: type }) => type ?? '' },
              { title: 'Size', isNumber: true, show: ({ bytes }) => bytesText(bytes) },
              { title: 'SHA-256', show: ({ sha256 }) => <Digest of={sha256} /> },
              {
                title: 'Bytes',
                show: ({ sha256, key }) => (
                  <Download
                    path={`/store/artifacts/sha256/${sha256.slice(0, 2)}/${sha256}`}
                    name={key}
                  >
                    Download
                  </Download>
                ),
              },
            ]}
          />
        )}
      </Section>
    </>
  );
}
