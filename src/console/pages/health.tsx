import { useAnswer } from '#console/api/use-answer';
import { CacheUpkeep } from '#console/pages/cache-upkeep';
import { type CachedFile, CachedFiles } from '#console/pages/cached-files';
import { Drills } from '#console/pages/drills';
import { type RegistryHealth, SourceTable } from '#console/pages/sources';
import { Badge, Facts, Section } from '#console/parts/bits';
import { Empty, Shown } from '#console/parts/notes';
import { Table } from '#console/parts/table';
import { bytesText, countText } from '#console/parts/words';

interface CacheStats {
  readonly files: readonly CachedFile[];
  readonly quarantined: readonly unknown[];
  readonly count: number;
  readonly bytes: number;
  readonly bytes_max: number;
  readonly hits: number;
  readonly misses: number;
  readonly hit_ratio: number | null;
  readonly downloads: number;
  readonly evictions: number;
  readonly quarantines: number;
}

/** Other registries as sources, what this node keeps, and rehearsals of failures. */
export function HealthPage() {
  const [health, askHealth] = useAnswer<RegistryHealth>('/debug/registry-health');
  const [cache, askCache] = useAnswer<CacheStats>('/debug/cache-stats');
  const again = (): void => {
    askHealth();
    askCache();
  };
  const isHidden = health.state === 'failed' && health.problem.status === 404;
  return (
    <>
      <h1>Registry health</h1>
      <button type="button" onClick={again}>
        Refresh
      </button>
      {isHidden ? (
        <Empty title="This node does not show its sources and cache">
          <p>
            Start it with <code>ATLAS_ENABLE_ADMIN_ENDPOINTS=true</code> and{' '}
            <code>ATLAS_ENABLE_DEBUG_DATASETS=true</code>. Home shows its parts.
          </p>
        </Empty>
      ) : (
        <>
          <Section title="Sources">
            <Shown answer={health} again={askHealth}>
              {(found) => <Sources of={found} />}
            </Shown>
          </Section>
          <Section title="Cache">
            <Shown answer={cache} again={askCache}>
              {(stats) => <Cache of={stats} again={askCache} />}
            </Shown>
          </Section>
        </>
      )}
      <Section title="Drills">
        <Drills />
      </Section>
    </>
  );
}

function Sources({ of: { mode, sources, errors } }: { readonly of: RegistryHealth }) {
  return (
    <>
      <p>
        <Badge of={mode} />
      </p>
      {sources.length === 0 ? (
        <Empty title="This registry has no other registries as sources">
          <p>
            It shows its own datasets. <code>ATLAS_REGISTRY_SOURCES</code> names others.
          </p>
        </Empty>
      ) : (
        <SourceTable of={sources} />
      )}
      {errors.length > 0 && (
        <Table
          label="Errors of stores"
          rows={errors}
          keyOf={({ backend, class: kind }) => `${backend} ${kind}`}
          columns={[
            { title: 'Store', show: ({ backend }) => backend },
            { title: 'Error', show: ({ class: kind }) => kind },
            { title: 'Count', isNumber: true, show: ({ count }) => countText(count) },
          ]}
        />
      )}
    </>
  );
}

function Cache({ of, again }: { readonly of: CacheStats; readonly again: () => void }) {
  return (
    <>
      <Facts
        of={[
          { name: 'Files', value: countText(of.count) },
          { name: 'Size', value: `${bytesText(of.bytes)} of ${bytesText(of.bytes_max)}` },
          {
            name: 'Hit ratio',
            value:
              of.hit_ratio === null ? 'nothing asked yet' : `${Math.round(of.hit_ratio * 100)} %`,
          },
          { name: 'Hits and misses', value: `${countText(of.hits)} and ${countText(of.misses)}` },
          { name: 'Downloads', value: countText(of.downloads) },
          { name: 'Evictions', value: countText(of.evictions) },
          { name: 'Quarantined', value: countText(of.quarantined.length) },
        ]}
      />
      <meter
        min={0}
        max={of.bytes_max}
        value={of.bytes}
        aria-label="Share of the cache that is used"
      />
      {of.files.length === 0 ? (
        <Empty title="This node keeps no files yet">
          <p>The first query of a dataset downloads it.</p>
        </Empty>
      ) : (
        <CachedFiles files={of.files} />
      )}
      <CacheUpkeep count={of.files.length} again={again} />
    </>
  );
}
