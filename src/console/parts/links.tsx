import { Fragment } from 'preact';
import { hrefOf } from '#console/shell/place';

export interface VersionLinkProps {
  readonly to: { readonly name: string; readonly version: string };
}

/** A name that breaks behind its slashes where it is too long for a line. */
export function BrokenName({ of }: { readonly of: string }) {
  const [first = '', ...rest] = of.split('/');
  return (
    <>
      {first}
      {rest.map((segment, index) => (
        <Fragment key={`${index} ${segment}`}>
          /<wbr />
          {segment}
        </Fragment>
      ))}
    </>
  );
}

/** A link to one version of a contract. */
export function ContractLink({ to: { name, version } }: VersionLinkProps) {
  return (
    <a href={hrefOf(['contracts', name, version])}>
      {name} {version}
    </a>
  );
}

/** Links to datasets. */
export function DatasetLinks({ names }: { readonly names: readonly string[] }) {
  if (names.length === 0) return <>none</>;
  return (
    <>
      {names.map((name) => (
        <a key={name} href={hrefOf(['datasets', name])}>
          {name}{' '}
        </a>
      ))}
    </>
  );
}
