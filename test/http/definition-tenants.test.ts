import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type JobStage, nextJobStages } from '#domain/job-stage';
import { newId } from '#flow/new-id';
import { type DefinitionClient, definitionClient } from '#test/support/definition-bed';
import { jobOf } from '#test/support/jobs';
import { startTestRegistry, type TestRegistry } from '#test/support/registry';

let registry: TestRegistry;
beforeAll(async () => {
  registry = await startTestRegistry();
});
afterAll(async () => {
  await registry[Symbol.asyncDispose]();
});

const JOBS = '/job-definitions';
const VERBS = { submit: 'pending_approval', approve: 'active', retire: 'retired' } as const;

/** One call about a version. The tenants use the same few ids, so that they would meet. */
interface Call {
  readonly by: 0 | 1;
  readonly what: 'define' | keyof typeof VERBS | 'get' | 'list';
  readonly id: string;
  readonly version: string;
  readonly name: string;
}

const call: fc.Arbitrary<Call> = fc.record({
  by: fc.constantFrom(0, 1),
  what: fc.constantFrom('define', 'submit', 'approve', 'retire', 'get', 'list'),
  id: fc.constantFrom('a.one', 'a.two'),
  version: fc.constantFrom('1.0.0', '2.0.0'),
  name: fc.constantFrom('x', 'y'),
});

/** What a tenant has done: `id@version` with name and stage. */
class Tenant {
  readonly client: DefinitionClient;
  readonly #known = new Map<string, { readonly name: string; readonly stage: JobStage }>();

  constructor(name: string) {
    this.client = definitionClient(registry.api, { 'Atlas-Tenant': name });
  }

  /** Makes a call, and gives what the answer was and what it had to be. */
  async make({
    what,
    id,
    version,
    name,
  }: Call): Promise<readonly [answer: unknown, want: unknown]> {
    const key = `${id}@${version}`;
    const known = this.#known.get(key);
    if (what === 'list') {
      const rows = await this.client.all(JOBS, 'definitions');
      const shown = rows.map((one) => Object.values(one).slice(0, 4).join(' '));
      const all = [...this.#known].map(([at, of]) =>
        [...at.split('@'), of.name, of.stage].join(' '),
      );
      return [shown, all.toSorted()];
    }
    if (what === 'get') {
      const { status, json } = await this.client.get(`${JOBS}/${id}/${version}`);
      const want = known === undefined ? [404] : [200, known.name, known.stage];
      return [status === 200 ? [status, json.name, json.stage] : [status], want];
    }
    if (what === 'define') {
      const { status } = await this.client.post(JOBS, { id, version, ...jobOf({ name }) });
      if (known === undefined) this.#known.set(key, { name, stage: 'draft' });
      return [status, known === undefined ? 201 : known.name === name ? 200 : 409];
    }
    const { status } = await this.client.post(`${JOBS}/${id}/${version}/${what}`);
    const to = VERBS[what];
    if (known === undefined) return [status, 404];
    const isLegal = known.stage === to || nextJobStages(known.stage).includes(to);
    if (isLegal) this.#known.set(key, { ...known, stage: to });
    return [status, isLegal ? 200 : 409];
  }
}

it('job definitions of two tenants with the same ids never show in the answers of the other', async () => {
  const calls = fc.array(call, { minLength: 30, maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(calls, async (all) => {
      const run = newId().toLowerCase();
      const tenants = [new Tenant(`a-${run}`), new Tenant(`b-${run}`)] as const;
      for (const one of all) {
        const [answer, want] = await tenants[one.by].make(one);
        expect(answer, JSON.stringify(one)).toEqual(want);
      }
    }),
    { numRuns: 8, endOnFailure: true },
  );
});
