import type { Brand } from '#domain/brand';
import { canonicalJson } from '#domain/canonical-json';
import {
  type ContractVersion,
  parseContractName,
  parseContractVersion,
} from '#domain/contract-name';
import { type Sha256, sha256Of } from '#domain/digest';
import { isRegistryError, quote, RegistryError } from '#domain/errors';
import type { JobStage } from '#domain/job-stage';

/** The id of an action profile, written as names of contracts are. */
export type ActionProfileId = Brand<string, 'ActionProfileId'>;

/** The id of a job definition, written as names of contracts are. */
export type JobDefinitionId = Brand<string, 'JobDefinitionId'>;

/** One version of an action profile or a job definition, without what it says. Immutable. */
export type Definition = {
  readonly id: string;
  readonly version: ContractVersion;
  /** SHA-256 over the canonical JSON of the content, without id and version. */
  readonly fingerprint: Sha256;
};

/** A version that is added: what it says, and who defined it. Again in the data, because decisions see no metadata. */
export type Defined<D extends Definition> = {
  readonly definition: D;
  readonly author: string;
};

/** One step of a version from stage to stage. */
export type JobStageChange = {
  readonly version: ContractVersion;
  readonly from: JobStage;
  readonly to: JobStage;
  readonly notes?: string;
};

/** What a decision needs to know of one version. */
export interface DefinedVersion<D extends Definition> {
  readonly version: ContractVersion;
  readonly fingerprint: Sha256;
  readonly definedAt: string;
  readonly author: string;
  readonly stage: JobStage;
  /** There when the version was read from the log. A view leaves it out: many versions load at once. */
  readonly definition?: D;
}

/** All versions of one action profile or job definition. */
export interface DefinitionState<D extends Definition> {
  readonly versions: ReadonlyMap<ContractVersion, DefinedVersion<D>>;
}

/** Parses the id of an action profile. @throws INVALID_NAME */
export function parseActionProfileId(text: string): ActionProfileId {
  return renamed('action profile id', text, parseContractName) as string as ActionProfileId;
}

/** Parses the id of a job definition. @throws INVALID_NAME */
export function parseJobDefinitionId(text: string): JobDefinitionId {
  return renamed('job definition id', text, parseContractName) as string as JobDefinitionId;
}

/** Parses the version of an action profile or job definition: `v<major>` or SemVer, as those of contracts. @throws INVALID_NAME */
export function parseDefinitionVersion(text: string): ContractVersion {
  return renamed('version', text, parseContractVersion);
}

/** Parses a version that is referred to, or `latest`: the highest active one. @throws INVALID_NAME */
export function parseWantedVersion(text: string): ContractVersion | 'latest' {
  return text === 'latest' ? text : parseDefinitionVersion(text);
}

/** Gives content its id, version and fingerprint. */
export function definitionOf<C extends object, I extends string>(
  id: I,
  version: ContractVersion,
  content: C,
): C & Definition & { readonly id: I } {
  return { ...content, id, version, fingerprint: definitionFingerprint(content) };
}

/** Computes the fingerprint of content. */
export function definitionFingerprint(content: object): Sha256 {
  return sha256Of(canonicalJson(content));
}

/** Adds a version, which begins as a draft. */
export function withDefined<D extends Definition>(
  state: DefinitionState<D>,
  { definition, author }: Defined<D>,
  definedAt: string,
): DefinitionState<D> {
  const { version, fingerprint } = definition;
  return withVersion(state, {
    version,
    fingerprint,
    definedAt,
    author,
    stage: 'draft',
    definition,
  });
}

/** Moves a version to another stage. */
export function withStage<D extends Definition>(
  state: DefinitionState<D>,
  { version, to }: JobStageChange,
): DefinitionState<D> {
  const known = state.versions.get(version);
  return known === undefined ? state : withVersion(state, { ...known, stage: to });
}

function withVersion<D extends Definition>(
  { versions }: DefinitionState<D>,
  version: DefinedVersion<D>,
): DefinitionState<D> {
  return { versions: new Map(versions).set(version.version, version) };
}

// The grammar is that of contracts, its errors speak of something else.
function renamed<T>(noun: string, text: string, parse: (text: string) => T): T {
  try {
    return parse(text);
  } catch (cause) {
    if (!isRegistryError(cause)) throw cause;
    const rule = cause.message.slice(cause.message.indexOf(quote(text)) + quote(text).length);
    throw new RegistryError(cause.code, `Cannot use ${noun} ${quote(text)}${rule}`, {
      cause,
      details: cause.details,
      outcome: 'not-applied',
    });
  }
}
