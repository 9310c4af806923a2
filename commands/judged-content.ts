import type { ContractContents } from '#commands/contract-gate';
import { resolveReferences } from '#commands/resolve-contract-references';
import type { ContractContent, GateFault } from '#contracts/gate/gate-report';
import type { BundleContent } from '#domain/contract-bundle';
import type { ContractName } from '#domain/contract-name';
import { dependenciesOf } from '#domain/data-contract';
import { quote } from '#domain/errors';
import type { Scope } from '#domain/scope';

/** Gives content as the gate takes it: with that of everything it refers to, and what is wrong with its references. */
export async function judgedContent(
  contents: ContractContents,
  { jsonSchema, wit, descriptor, references = [] }: BundleContent,
  {
    scope,
    isNew,
    name,
  }: { readonly scope: Scope; readonly isNew: boolean; readonly name: ContractName },
): Promise<{ readonly content: ContractContent; readonly faults: readonly GateFault[] }> {
  const resolved = await resolveReferences(contents, { scope, references, isNew });
  const content = {
    ...(jsonSchema === undefined ? {} : { jsonSchema }),
    ...(wit === undefined ? {} : { wit }),
    ...(descriptor === undefined ? {} : { descriptor }),
    ...(references.length === 0 ? {} : { references: resolved.contents }),
  };
  const isSelf = isNew && descriptor !== undefined && dependenciesOf(descriptor).has(name);
  return { content, faults: [...resolved.faults, ...(isSelf ? [selfDependency(name)] : [])] };
}

function selfDependency(name: ContractName): GateFault {
  return {
    rule: 'descriptor-invalid',
    part: 'descriptor',
    message: `Cannot accept descriptor: it depends on ${quote(name)}, which is the contract itself (want other contracts)`,
  };
}
