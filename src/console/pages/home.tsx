import { useEffect, useState } from 'preact/hooks';
import { asker, askText } from '#console/api/ask';
import { pause } from '#console/api/pause';
import { type Readiness, readReadiness } from '#console/api/readiness';
import { useAnswer } from '#console/api/use-answer';
import { useLive } from '#console/api/use-live';
import { until } from '#console/api/visible';
import { type Lag, lagIn } from '#console/pages/lag';
import { type RegistryHealth, SourceTable } from '#console/pages/sources';
import { Badge, Section } from '#console/parts/bits';
import { EventList } from '#console/parts/event-list';
import { HeldEvents } from '#console/parts/held-events';
import { Empty } from '#console/parts/notes';
import { Table } from '#console/parts/table';
import { countText } from '#console/parts/words';
import { hrefOf } from '#console/shell/place';

const REFRESH_MS = 5_000;
const SHOWN_MAX = 25;

/** What is in the registry, what changes in it now, and how this node does. */
export function HomePage() {
  return (
    <>
      <h1>Home</h1>
      <Counts />
      <div class="columns">
        <Changes />
        <Health />
      </div>
    </>
  );
}

interface DatasetList {
  readonly total_count?: number;
}
interface ContractList {
  readonly contracts: readonly { readonly name: string }[];
}

/** How many versions and runs are read to count them: from there on it is "or more". */
const VERSIONS_MAX = 100;
const RUNS_MAX = 50;

function Counts() {
  const [datasets] = useAnswer<DatasetList>('/registry/datasets?limit=1');
  const [contracts] = useAnswer<ContractList>(`/registry/contracts?limit=${VERSIONS_MAX}`);
  const [runs] = useAnswer<{ readonly job_runs: readonly unknown[] }>(
    `/registry/job-runs?limit=${RUNS_MAX}`,
  );
  const versions = contracts.state === 'shown' ? contracts.value.contracts : [];
  const names = new Set(versions.map(({ name }) => name)).size;
  return (
    <ul class="tiles">
      <Tile
        title="Datasets"
        href={hrefOf(['datasets'])}
        of={datasets.state === 'shown' ? datasets.value.total_count : undefined}
      />
      <Tile
        title="Contracts"
        href={hrefOf(['contracts'])}
        of={contracts.state === 'shown' ? names : undefined}
        max={versions.length < VERSIONS_MAX ? VERSIONS_MAX : names}
      />
      <Tile
        title="Contract versions"
        href={hrefOf(['contracts'])}
        of={contracts.state === 'shown' ? versions.length : undefined}
        max={VERSIONS_MAX}
      />
      <Tile
        title="Job runs"
        href={hrefOf(['jobs'])}
        of={runs.state === 'shown' ? runs.value.job_runs.length : undefined}
        max={RUNS_MAX}
      />
    </ul>
  );
}

interface TileProps {
  readonly title: string;
  readonly href: string;
  readonly of: number | undefined;
  /** What one page of the list can hold: from there on it is "or more". Absent where the registry has counted. */
  readonly max?: number;
}

function Tile({ title, href, of, max = Number.POSITIVE_INFINITY }: TileProps) {
  const text = of === undefined ? '–' : `${countText(of)}${of >= max ? '+' : ''}`;
  return (
    <li>
      <a href={href}>
        <strong>{text}</strong> {title}
      </a>
    </li>
  );
}

function Changes() {
  const live = useLive('registry');
  return (
    <Section title="Last changes">
      <HeldEvents live={live}>
        {({ events, state, isSettled }) => (
          <>
            <p class="quiet" role="status">
              <Badge of={state} /> {STATES[state]}
            </p>
            {events.length === 0 && isSettled ? (
              <Empty title="Nothing has changed yet">
                <p>
                  Register a dataset or publish a contract, and it appears here at once.{' '}
                  <code>make run</code> loads examples.
                </p>
              </Empty>
            ) : (
              <EventList
                stream="registry"
                events={events.slice(0, SHOWN_MAX)}
                label="Last changes"
              />
            )}
          </>
        )}
      </HeldEvents>
      <a href={hrefOf(['log'])}>The whole log</a>
    </Section>
  );
}

const STATES = {
  connecting: 'Connecting to the log.',
  live: 'Changes appear as they happen.',
  full: 'As many as are kept have come.',
  waiting: 'The connection broke. It goes on by itself behind the last change seen.',
  refused:
    'The token may not follow the log: it needs datasets:read, contracts:read and jobs:read.',
} as const;

/** Asks how the node does: again some time after each answer, while somebody looks. */
function useHealth() {
  const [health, setHealth] = useState<Readiness | undefined>();
  const who = asker.value;
  const [lags, setLags] = useState<ReadonlyMap<string, Lag>>(new Map());
  useEffect(() => {
    const aborted = new AbortController();
    const read = async (): Promise<void> => {
      const [found, metrics] = await Promise.all([
        readReadiness(aborted.signal),
        askText('/metrics', { signal: aborted.signal }).catch(() => ''),
      ]);
      if (aborted.signal.aborted) return;
      setHealth(found);
      setLags(lagIn(metrics));
    };
    const keepReading = async (): Promise<void> => {
      while (!aborted.signal.aborted) {
        await read().catch(() => setHealth(undefined));
        await pause(REFRESH_MS, aborted.signal);
        await until(false, aborted.signal);
      }
    };
    void keepReading();
    return () => aborted.abort();
  }, [who]);
  return { health, lags };
}

function Health() {
  const { health, lags } = useHealth();
  return (
    <Section title="This node">
      {health === undefined ? (
        <p class="quiet" role="status">
          Asking how the node does…
        </p>
      ) : (
        <>
          <p>
            <Badge of={health.status} /> version {health.version}
          </p>
          <Table
            label="Parts of this node"
            rows={health.parts}
            keyOf={({ name }) => name}
            columns={[
              { title: 'Part', show: ({ name }) => name },
              {
                title: 'State',
                show: ({ ready, detail }) => (
                  <span class={ready ? '' : 'bad'}>{ready ? detail : `not ready: ${detail}`}</span>
                ),
              },
              {
                title: 'Position',
                isNumber: true,
                show: ({ position }) => (position === undefined ? '' : countText(position)),
              },
              { title: 'Behind', isNumber: true, show: ({ name }) => lagText(lags.get(name)) },
            ]}
          />
        </>
      )}
      <HomeSources />
      <a href={hrefOf(['health'])}>Sources and cache</a>
    </Section>
  );
}

/** The other registries that this one shows, where the node says how they do. */
function HomeSources() {
  const [answer] = useAnswer<RegistryHealth>('/debug/registry-health');
  if (answer.state !== 'shown' || answer.value.sources.length === 0) return null;
  return <SourceTable of={answer.value.sources} />;
}

function lagText(lag: Lag | undefined): string {
  if (lag === undefined) return '';
  return lag.events === 0 ? '0' : `${countText(lag.events)} (${lag.seconds.toFixed(1)} s)`;
}
