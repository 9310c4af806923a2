import { describe, expect, it } from 'vitest';
import type { Decision } from '#commands/decision';
import { decideFinishJobRun } from '#commands/finish-job-run';
import { decidePublishDataset } from '#commands/publish-dataset';
import { decideRegisterDataset } from '#commands/register-dataset';
import { decideStartJobRun } from '#commands/start-job-run';
import { decideWithdrawDataset } from '#commands/withdraw-dataset';
import { type DatasetEvent, type DatasetState, datasetEvolution } from '#domain/dataset';
import { parseDatasetName } from '#domain/dataset-name';
import { sha256Of } from '#domain/digest';
import type { DomainEvent } from '#domain/event';
import { jobRunEvolution } from '#domain/job-run';
import { DEFAULT_SCOPE } from '#domain/scope';
import { startOf } from '#test/support/job-runs';

const name = parseDatasetName('110/homo_sapiens/GRCh38');
const object = { key: 'genes.sqlite', sha256: sha256Of('genes'), bytes: 5 };
const register = { name, schemaFingerprint: 'fp-1', objects: [object], rowCount: 10 };
const at = (time: string) => ({ scope: DEFAULT_SCOPE, time });
const T1 = '2026-01-01T00:00:00.000Z';
const T2 = '2026-01-02T00:00:00.000Z';

function eventOf<E extends DomainEvent>(decision: Decision<E>): E {
  if (decision.kind !== 'append') throw new Error(`expected an event, got ${decision.kind}`);
  return decision.event;
}

function codeOf(decision: Decision<DomainEvent>): string {
  return decision.kind === 'reject' ? decision.error.code : decision.kind;
}

/** The state after decisions, each at its time. */
function given(...steps: ((state: DatasetState) => Decision<DatasetEvent>)[]): DatasetState {
  return steps.reduce<DatasetState>(
    (state, step) => datasetEvolution.evolve(state, eventOf(step(state)), T1),
    undefined,
  );
}

const registered = () => given((state) => decideRegisterDataset(state, register, at(T1)));
const published = () =>
  given(
    (state) => decideRegisterDataset(state, register, at(T1)),
    (state) => decidePublishDataset(state, { name, artifact: object }, at(T1)),
  );

describe('register-dataset', () => {
  it('a new name is registered with the id of its scope and name', () => {
    const event = eventOf(decideRegisterDataset(undefined, register, at(T1)));
    expect(event.type).toBe('DatasetRegistered');
    expect(event.data.manifest).toMatchObject({
      name,
      createdAt: T1,
      updatedAt: T1,
      rowCount: 10,
      status: 'registered',
    });
  });

  it('the same fingerprint replaces objects and row count, moves updatedAt, keeps id and createdAt', () => {
    const before = registered();
    const event = eventOf(
      decideRegisterDataset(before, { ...register, objects: [], rowCount: null }, at(T2)),
    );
    expect(event.type).toBe('DatasetObjectsReplaced');
    expect(event.data.manifest).toEqual({ ...before, objects: [], rowCount: null, updatedAt: T2 });
  });

  it('another fingerprint is refused, naming both', () => {
    const decision = decideRegisterDataset(
      registered(),
      { ...register, schemaFingerprint: 'fp-2' },
      at(T2),
    );
    expect(decision).toMatchObject({
      kind: 'reject',
      error: { code: 'FINGERPRINT_CONFLICT', details: { have: 'fp-1', got: 'fp-2' } },
    });
  });

  it('updatedAt never goes back, whatever the clock of the node says', () => {
    const event = eventOf(
      decideRegisterDataset(registered(), register, at('2020-01-01T00:00:00.000Z')),
    );
    expect(event.data.manifest.updatedAt).toBe(T1);
  });

  it('a published dataset stays published with its artifact when it is registered again', () => {
    const event = eventOf(decideRegisterDataset(published(), { ...register, objects: [] }, at(T2)));
    expect(event.data.manifest).toMatchObject({ status: 'published', artifact: object });
  });
});

describe('publish-dataset', () => {
  it('a registered object becomes the artifact', () => {
    const event = eventOf(decidePublishDataset(registered(), { name, artifact: object }, at(T2)));
    expect(event.data.manifest).toMatchObject({
      status: 'published',
      artifact: object,
      publishedAt: T2,
    });
  });

  it('the same artifact again changes nothing', () => {
    expect(decidePublishDataset(published(), { name, artifact: object }, at(T2))).toEqual({
      kind: 'unchanged',
    });
  });

  it('what is not registered cannot be published', () => {
    expect(codeOf(decidePublishDataset(undefined, { name, artifact: object }, at(T2)))).toBe(
      'NOT_FOUND',
    );
    const wrong = [{ key: 'other' }, { sha256: sha256Of('other') }, { bytes: 6 }];
    for (const part of wrong) {
      const artifact = { ...object, ...part };
      expect(codeOf(decidePublishDataset(registered(), { name, artifact }, at(T2)))).toBe(
        'CHECKSUM_MISMATCH',
      );
    }
  });
});

describe('withdraw-dataset', () => {
  it('a published dataset is withdrawn once, and can be published again', () => {
    const event = eventOf(decideWithdrawDataset(published(), { name, reason: 'wrong build' }));
    expect(event).toMatchObject({
      type: 'DatasetWithdrawn',
      data: { reason: 'wrong build', manifest: { status: 'withdrawn' } },
    });
    const withdrawn = datasetEvolution.evolve(undefined, event, T2);
    expect(decideWithdrawDataset(withdrawn, { name })).toEqual({ kind: 'unchanged' });
    expect(codeOf(decidePublishDataset(withdrawn, { name, artifact: object }, at(T2)))).toBe(
      'append',
    );
  });

  it('what is not published cannot be withdrawn', () => {
    expect(codeOf(decideWithdrawDataset(undefined, { name }))).toBe('NOT_FOUND');
    expect(codeOf(decideWithdrawDataset(registered(), { name }))).toBe('ILLEGAL_TRANSITION');
  });
});

describe('job runs', () => {
  const run = startOf('run-1');
  const start = { run, status: 'running' } as const;
  const end = { outcome: 'succeeded' as const, counts: { rows: 3 } };
  const running = jobRunEvolution.evolve(
    undefined,
    eventOf(decideStartJobRun(undefined, start)),
    T1,
  );

  it('a run starts once', () => {
    expect(running).toMatchObject({ status: 'running', startedAt: T1 });
    expect(codeOf(decideStartJobRun(running, start))).toBe('ILLEGAL_TRANSITION');
  });

  it('a run ends once, as succeeded, failed or cancelled', () => {
    for (const outcome of ['succeeded', 'failed', 'cancelled'] as const) {
      const event = eventOf(
        decideFinishJobRun(running, run.id, { end: { ...end, outcome }, actions: [] }),
      );
      const ended = jobRunEvolution.evolve(running, event, T2);
      expect(ended).toMatchObject({
        status: outcome,
        completedAt: T2,
        end: { counts: { rows: 3 } },
      });
      expect(codeOf(decideFinishJobRun(ended, run.id, { end, actions: [] }))).toBe(
        'ILLEGAL_TRANSITION',
      );
    }
    expect(codeOf(decideFinishJobRun(undefined, run.id, { end, actions: [] }))).toBe('NOT_FOUND');
  });
});
