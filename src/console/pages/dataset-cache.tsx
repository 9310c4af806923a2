import { useAnswer } from '#console/api/use-answer';
import { CacheUpkeep } from '#console/pages/cache-upkeep';
import { type CachedFile, CachedFiles } from '#console/pages/cached-files';
import { Badge } from '#console/parts/bits';
import { Empty, ProblemNote, Shown } from '#console/parts/notes';

interface DatasetHealth {
  readonly cached: boolean;
  readonly files: readonly CachedFile[];
}

/** What this node keeps of a dataset. */
export function CacheState({ name }: { readonly name: string }) {
  const [served, askServed] = useAnswer<{ readonly is_cached: boolean }>(
    `/v1/datasets/${name.split('/').map(encodeURIComponent).join('/')}`,
  );
  const [health, askHealth] = useAnswer<DatasetHealth>(
    `/debug/dataset-health?dataset=${encodeURIComponent(name)}`,
  );
  const again = (): void => {
    askServed();
    askHealth();
  };
  return (
    <Shown answer={served} again={askServed}>
      {({ is_cached: isCached }) => (
        <>
          <p>
            <Badge of={isCached ? 'ready' : 'waiting'} />{' '}
            {isCached
              ? 'This node keeps it, and answers at once.'
              : 'This node does not keep it: the first query downloads and checks it.'}
          </p>
          {health.state === 'shown' && (
            <>
              {health.value.files.length > 0 && <CachedFiles files={health.value.files} />}
              <CacheUpkeep dataset={name} count={health.value.files.length} again={again} />
            </>
          )}
          {health.state === 'failed' && health.problem.status !== 404 && (
            <ProblemNote problem={health.problem} again={askHealth} />
          )}
          {health.state === 'failed' && health.problem.status === 404 && (
            <Empty title="This node does not show its files">
              <p>
                It does with <code>ATLAS_ENABLE_ADMIN_ENDPOINTS</code> and{' '}
                <code>ATLAS_ENABLE_DEBUG_DATASETS</code>, to who may administer the registry.
              </p>
            </Empty>
          )}
        </>
      )}
    </Shown>
  );
}
