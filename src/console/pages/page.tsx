import { ContractPage } from '#console/pages/contract';
import { ContractsPage } from '#console/pages/contracts';
import { DatasetPage } from '#console/pages/dataset';
import { DatasetsPage } from '#console/pages/datasets';
import { DrillPage } from '#console/pages/drill';
import { EventPage } from '#console/pages/event';
import { HealthPage } from '#console/pages/health';
import { HomePage } from '#console/pages/home';
import { DefinitionPage } from '#console/pages/job-definition';
import { RunPage } from '#console/pages/job-run';
import { JobsPage } from '#console/pages/jobs';
import { LogPage } from '#console/pages/log';
import { SearchPage } from '#console/pages/search';
import { Empty } from '#console/parts/notes';
import { hrefOf, place } from '#console/shell/place';
import { Session } from '#console/shell/session';

/** The page of the place that the address bar shows. */
export function Page() {
  const [first, ...rest] = place.value.segments;
  switch (first) {
    case undefined:
      return <HomePage />;
    case 'datasets':
      return rest.length === 0 ? (
        <DatasetsPage />
      ) : (
        <DatasetPage key={rest.join('/')} name={rest.join('/')} />
      );
    case 'contracts':
      return <Contracts rest={rest} />;
    case 'jobs':
      return <Jobs rest={rest} />;
    case 'log':
      return <Log rest={rest} />;
    case 'health':
      return <Health rest={rest} />;
    case 'search':
      return <SearchPage />;
    case 'session':
      return <Session />;
    default:
      return <Missing />;
  }
}

interface RestProps {
  readonly rest: readonly string[];
}

function Contracts({ rest: [name, version] }: RestProps) {
  if (name === undefined) return <ContractsPage />;
  return <ContractPage key={name} name={name} version={version} />;
}

function Jobs({ rest: [kind, id, version] }: RestProps) {
  if (kind === undefined) return <JobsPage />;
  if (kind === 'runs' && id !== undefined) return <RunPage key={id} id={id} />;
  if (kind === 'definitions' && id !== undefined)
    return <DefinitionPage key={id} id={id} version={version} />;
  return <Missing />;
}

function Health({ rest: [part, id] }: RestProps) {
  if (part === undefined) return <HealthPage />;
  if (part === 'drills' && id !== undefined) return <DrillPage key={id} id={id} />;
  return <Missing />;
}

function Log({ rest: [stream, position] }: RestProps) {
  if (stream === undefined) return <LogPage />;
  if ((stream !== 'registry' && stream !== 'jobs') || !/^[1-9]\d*$/.test(position ?? ''))
    return <Missing />;
  return <EventPage stream={stream} position={Number(position)} />;
}

function Missing() {
  return (
    <>
      <h1>Not found</h1>
      <Empty title="There is no such page">
        <p>
          <a href={hrefOf([])}>Go to the first page</a>, or search with <kbd>/</kbd>.
        </p>
      </Empty>
    </>
  );
}
