import type { ContractContents } from '#commands/contract-gate';
import type { GateFault, ReferencedContent } from '#contracts/gate/gate-report';
import { type ContractReference, REFERENCES_MAX } from '#domain/contract-bundle';
import { quote } from '#domain/errors';
import type { Scope } from '#domain/scope';

/** The content behind references, and what is wrong with them. */
export interface ResolvedReferences {
  /** In the order in which they were found: direct ones first. */
  readonly contents: readonly ReferencedContent[];
  readonly faults: readonly GateFault[];
}

/** Which references are followed. */
export interface ReferencesOf {
  readonly scope: Scope;
  readonly references: readonly ContractReference[];
  /** Whether a retired target is a fault. It is for a new version, never for one that is published already. */
  readonly isNew: boolean;
}

interface Found {
  readonly at: ContractReference;
  readonly content: ReferencedContent;
}

/**
 * Finds the content of everything that a bundle refers to, through any number of others, at most 100 in all. What is
 * published refers only to what was there before, so there is no circle to be caught in.
 */
export async function resolveReferences(
  contents: ContractContents,
  { scope, references, isNew }: ReferencesOf,
): Promise<ResolvedReferences> {
  const found = new Map<string, Found>();
  const faults: GateFault[] = [];
  const waiting = [...references];
  // Grows while it is walked.
  for (const [i, reference] of waiting.entries()) {
    const known = found.get(reference.uri);
    if (known !== undefined) {
      if (!isSameTarget(known.at, reference)) faults.push(ambiguous(known.at, reference));
      continue;
    }
    if (found.size === REFERENCES_MAX) {
      faults.push(tooMany());
      break;
    }
    const target = await contents.find(scope, reference.name, reference.version);
    const isDirect = i < references.length;
    if (target === undefined || (isNew && isDirect && target.stage === 'retired')) {
      faults.push(missing(reference, target === undefined ? 'is not published' : 'is retired'));
      continue;
    }
    const { jsonSchema, wit, references: further = [] } = target.bundle;
    const content = {
      uri: reference.uri,
      ...(jsonSchema === undefined ? {} : { jsonSchema }),
      ...(wit === undefined ? {} : { wit }),
    };
    found.set(reference.uri, { at: reference, content });
    waiting.push(...further);
  }
  return { contents: [...found.values()].map(({ content }) => content), faults };
}

function isSameTarget(a: ContractReference, b: ContractReference): boolean {
  return a.name === b.name && a.version === b.version;
}

function missing({ uri, name, version }: ContractReference, is: string): GateFault {
  return {
    rule: 'reference-missing',
    part: 'references',
    message: `Reference ${quote(uri)} is contract ${quote(name)} version ${quote(version)}, which ${is} in this tenant and environment`,
  };
}

function ambiguous(first: ContractReference, second: ContractReference): GateFault {
  return {
    rule: 'reference-ambiguous',
    part: 'references',
    message: `Reference ${quote(first.uri)} stands for contract ${quote(first.name)} version ${quote(first.version)} and, elsewhere, for ${quote(second.name)} version ${quote(second.version)}`,
  };
}

function tooMany(): GateFault {
  return {
    rule: 'reference-limit',
    part: 'references',
    message: `The references lead to more than ${REFERENCES_MAX} contracts`,
  };
}
