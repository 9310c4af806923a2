import type { Api } from '#test/support/api';

/** Everything that a tenant sees of its runs. */
export async function viewOf(api: Api, tenant: string): Promise<unknown> {
  const headers = { 'Atlas-Tenant': tenant };
  const { json } = await api.get('/registry/job-runs', headers);
  const ids: string[] = json.job_runs.map((run: { id: string }) => run.id);
  return await Promise.all(
    ids.map(async (id) => (await api.get(`/registry/job-runs/${id}`, headers)).json),
  );
}
