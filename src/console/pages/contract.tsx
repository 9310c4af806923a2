import { useAnswer } from '#console/api/use-answer';
import { ContractChangelog } from '#console/pages/contract-changelog';
import { ContractCheckEditor } from '#console/pages/contract-check';
import { ContractDependants } from '#console/pages/contract-dependants';
import { ContractDiffView } from '#console/pages/contract-diff';
import { ContractPromote } from '#console/pages/contract-promote';
import {
  type ContractBundle,
  type ContractVersions,
  contractPath,
  NEW_CONTRACT,
} from '#console/pages/contract-shape';
import { StageButtons } from '#console/pages/contract-stage';
import { Badge, Digest, type Fact, Facts, Moment, Section } from '#console/parts/bits';
import { History, PastNote } from '#console/parts/history';
import { JsonText } from '#console/parts/json-text';
import { ContractLink } from '#console/parts/links';
import { Shown } from '#console/parts/notes';
import { Tabs, tabOf } from '#console/parts/tabs';
import { prettyJson } from '#console/parts/words';
import { go, hrefOf, place } from '#console/shell/place';

const TABS = [
  ['content', 'Content'],
  ['diff', 'Diff'],
  ['changelog', 'Changelog'],
  ['dependants', 'Dependants'],
  ['check', 'Would this publish?'],
  ['history', 'History'],
] as const;

export interface ContractPageProps {
  readonly name: string;
  readonly version: string | undefined;
}

/** One contract: its versions, what lies between them, who depends on it, and what publishing another would come to. */
export function ContractPage({ name, version }: ContractPageProps) {
  if (name === NEW_CONTRACT) return <NewContract />;
  return <Known name={name} version={version} />;
}

function NewContract() {
  return (
    <>
      <p class="crumbs">
        <a href={hrefOf(['contracts'])}>Contracts</a>
      </p>
      <h1>Would this publish?</h1>
      <ContractCheckEditor
        name={undefined}
        text=""
        onPublished={(to) => go(hrefOf(['contracts', to]))}
      />
    </>
  );
}

function Known({ name, version }: ContractPageProps) {
  const at = place.value.query.get('at');
  // What would publish is judged against what there is now.
  const isNow = tabOf(TABS) === 'check';
  const [answer, again] = useAnswer<ContractVersions>(contractPath([name], isNow ? null : at));
  return (
    <>
      <p class="crumbs">
        <a href={hrefOf(['contracts'])}>Contracts</a>
      </p>
      <h1>{name}</h1>
      <PastNote isNow={isNow} />
      <Shown answer={answer} again={again}>
        {(contract) => {
          const shown = version ?? contract.latest ?? contract.versions.at(-1)?.version ?? '';
          return (
            <>
              <VersionPicker contract={contract} shown={shown} />
              <Tabs label="Parts of the contract" tabs={TABS} keep={['at']} />
              <Part contract={contract} version={shown} again={again} />
            </>
          );
        }}
      </Shown>
    </>
  );
}

function VersionPicker({
  contract,
  shown,
}: {
  readonly contract: ContractVersions;
  readonly shown: string;
}) {
  const { name, versions, mode, latest } = contract;
  const choose = (version: string): void =>
    go(hrefOf(['contracts', name, version], Object.fromEntries(place.value.query)));
  return (
    <div class="row filters">
      <label>
        Version
        <select value={shown} onChange={(event) => choose(event.currentTarget.value)}>
          {versions.toReversed().map(({ version, stage }) => (
            <option key={version} value={version}>
              {version} {version === latest ? '(latest)' : ''} {stage.replaceAll('_', ' ')}
            </option>
          ))}
        </select>
      </label>
      <span>
        Compatibility <strong>{mode}</strong>
      </span>
    </div>
  );
}

interface PartProps {
  readonly contract: ContractVersions;
  readonly version: string;
  readonly again: () => void;
}

function Part({ contract, version, again }: PartProps) {
  const { name } = contract;
  const tab = tabOf(TABS);
  const at = tab === 'check' ? null : place.value.query.get('at');
  const [bundle, askBundle] = useAnswer<ContractBundle>(contractPath([name, version], at));
  switch (tab) {
    case 'diff':
      return <ContractDiffView contract={contract} version={version} />;
    case 'changelog':
      return <ContractChangelog name={name} />;
    case 'dependants':
      return <ContractDependants name={name} version={version} />;
    case 'history':
      return <History kind="contract" name={name} />;
    default:
      return (
        <Shown answer={bundle} again={askBundle}>
          {(content) =>
            tab === 'check' ? (
              <ContractCheckEditor
                key={`${name} ${version}`}
                name={name}
                text={content.jsonSchema === undefined ? '' : prettyJson(content.jsonSchema)}
                onPublished={(_, published) => {
                  again();
                  go(hrefOf(['contracts', name, published]));
                }}
              />
            ) : (
              <Content contract={contract} bundle={content} again={again} />
            )
          }
        </Shown>
      );
  }
}

interface ContentProps {
  readonly contract: ContractVersions;
  readonly bundle: ContractBundle;
  readonly again: () => void;
}

function Content({ contract, bundle, again }: ContentProps) {
  const known = contract.versions.find(({ version }) => version === bundle.version);
  return (
    <>
      <Facts of={bundleFacts(contract, bundle)} />
      {/* What is done is done to what there is now. */}
      {place.value.query.get('at') === null && (
        <>
          {known !== undefined && (
            <StageButtons
              name={bundle.name}
              version={bundle.version}
              stage={known.stage}
              again={again}
            />
          )}
          <ContractPromote name={bundle.name} version={bundle.version} />
        </>
      )}
      <Texts bundle={bundle} />
    </>
  );
}

function bundleFacts(contract: ContractVersions, bundle: ContractBundle): readonly Fact[] {
  const known = contract.versions.find(({ version }) => version === bundle.version);
  const { labels = {}, references = [] } = bundle;
  return [
    { name: 'Stage', value: <Badge of={known?.stage ?? 'unknown'} /> },
    { name: 'Description', value: bundle.description ?? 'none' },
    {
      name: 'Published',
      value: (
        <>
          <Moment of={bundle.createdAt} /> by {known?.publisher ?? 'unknown'}
        </>
      ),
    },
    { name: 'Level', value: <Badge of={known?.level ?? 'none'} /> },
    { name: 'Digest', value: <Digest of={known?.digest ?? ''} /> },
    {
      name: 'Labels',
      value:
        Object.entries(labels)
          .map(([key, value]) => `${key}=${value}`)
          .join(', ') || 'none',
    },
    {
      name: 'Refers to',
      value:
        references.length === 0
          ? 'nothing'
          : references.map((to) => <ContractLink key={to.uri} to={to} />),
    },
  ];
}

function Texts({ bundle }: { readonly bundle: ContractBundle }) {
  const { jsonSchema, wit = [], descriptor } = bundle;
  return (
    <>
      {jsonSchema !== undefined && (
        <Section title="JSON Schema">
          <JsonText text={prettyJson(jsonSchema)} label="JSON Schema" />
        </Section>
      )}
      {wit.map(({ path, text }) => (
        <Section key={path} title={`WIT ${path}`}>
          <JsonText text={text} label={path} />
        </Section>
      ))}
      {descriptor !== undefined && (
        <Section title="Descriptor">
          <JsonText text={prettyJson(descriptor)} label="Descriptor" />
        </Section>
      )}
    </>
  );
}
