import type { ContractContents } from '#commands/contract-gate';
import { resolveReferences } from '#commands/resolve-contract-references';
import type { ContractContent, GateFault } from '#contracts/gate/gate-report';
import type { BundleContent } from '#domain/contract-bundle';
import type { Scope } from '#domain/scope';

/** Gives content as the gate takes it: with that of everything it refers to, and what is wrong with its references. */
export async function judgedContent(
  contents: ContractContents,
  { jsonSchema, wit, descriptor, references = [] }: BundleContent,
  { scope, isNew }: { readonly scope: Scope; readonly isNew: boolean },
): Promise<{ readonly content: ContractContent; readonly faults: readonly GateFault[] }> {
  const resolved = await resolveReferences(contents, { scope, references, isNew });
  const content = {
    ...(jsonSchema === undefined ? {} : { jsonSchema }),
    ...(wit === undefined ? {} : { wit }),
    ...(descriptor === undefined ? {} : { descriptor }),
    ...(references.length === 0 ? {} : { references: resolved.contents }),
  };
  return { content, faults: resolved.faults };
}
