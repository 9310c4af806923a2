import type { ActionProfile } from '#domain/action-profile';
import { datasetTypesOf } from '#domain/dataset-contract';
import { sha256Of } from '#domain/digest';
import type { JobDefinition } from '#domain/job-definition';
import type { ContractRow } from '#projections/catalog/contract-queries';
import type { DefinitionRow } from '#projections/catalog/definition-queries';
import type { RunColumn } from '#projections/job-runs/stored-columns';

type TermKind = 'stage' | 'tag' | 'action' | 'approved-for' | RunTermKind;

/** The columns of a run by which it is found. */
export type RunTermKind = Extract<
  RunColumn,
  'list' | 'status' | 'job' | 'definition' | 'parent' | 'correlation' | 'deadline_at' | 'due_at'
>;

// An entry of an index in Postgres may have 2,704 bytes, and a text there no NUL.
const PLAIN = /^[\x20-\x7E]{0,200}$/;

/** Makes the text by which documents are found. What is not short printable ASCII is replaced by its SHA-256. */
export function termOf(kind: TermKind, value: string): string {
  return PLAIN.test(value) ? `${kind}:${value}` : `${kind}#${sha256Of(value)}`;
}

/** Gives the terms of a contract version: its stage, and the dataset types that it is approved for. */
export function contractTerms({ bundle, stage }: ContractRow): readonly string[] {
  const types = stage === 'approved' ? datasetTypesOf(bundle) : [];
  return sortedOnce([termOf('stage', stage), ...types.map((type) => termOf('approved-for', type))]);
}

/** Gives the terms of a version of a definition: its stage, its tags, and what it does. */
export function definitionTerms({
  definition,
  stage,
}: DefinitionRow<JobDefinition | ActionProfile>): readonly string[] {
  const actions = 'actions' in definition ? definition.actions : [];
  return sortedOnce([
    termOf('stage', stage),
    ...definition.tags.map((tag) => termOf('tag', tag)),
    ...actions.map(({ type }) => termOf('action', type)),
  ]);
}

/** Sorts terms, each once. */
export function sortedOnce(terms: readonly string[]): readonly string[] {
  return [...new Set(terms)].toSorted((a, b) => (a < b ? -1 : 1));
}
