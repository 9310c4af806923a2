import { jobRunStorage } from '#test/support/job-run-storages';
import { jobRunStoreConformance } from '#test/support/job-run-store-conformance';
import { projectionConformance } from '#test/support/projection-conformance';
import { writeJobHistory } from '#test/support/run-history';
import { STORE_BACKENDS } from '#test/support/store-storages';

for (const backend of STORE_BACKENDS) {
  projectionConformance(`job runs in ${backend}`, {
    stream: 'JOBS',
    kind: 'job-run',
    writeHistory: writeJobHistory,
    storage: async () => await jobRunStorage(backend),
  });
  jobRunStoreConformance(backend, async () => await jobRunStorage(backend));
}
