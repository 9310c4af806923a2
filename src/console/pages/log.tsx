import { useMemo } from 'preact/hooks';
import type { ListedEvent, StreamName } from '#console/api/follow';
import { EVENTS_KEPT_MAX, type Live } from '#console/api/live';
import { useLive } from '#console/api/use-live';
import { Badge } from '#console/parts/bits';
import { EventList } from '#console/parts/event-list';
import { HeldEvents } from '#console/parts/held-events';
import { Empty } from '#console/parts/notes';
import { countText } from '#console/parts/words';
import { hrefOf, narrow, place } from '#console/shell/place';

const SHOWN_MAX = 300;

/** The log: what happens now, and from any position on. */
export function LogPage() {
  const { query } = place.value;
  const stream: StreamName = query.get('stream') === 'jobs' ? 'jobs' : 'registry';
  const from = Number(query.get('from') ?? '');
  const first = Number.isSafeInteger(from) && from > 0 ? from : undefined;
  const live = useLive(stream, first);
  const [text, kind] = [query.get('q') ?? '', query.get('kind') ?? ''];
  return (
    <>
      <h1>Log</h1>
      <Filters stream={stream} text={text} kind={kind} />
      <HeldEvents key={`${stream} ${first}`} live={live}>
        {(shown) => <Events stream={stream} live={shown} text={text} kind={kind} />}
      </HeldEvents>
      <div class="row">
        <Earlier events={live.events} />
        {live.state === 'full' && <Later events={live.events} />}
      </div>
    </>
  );
}

interface EventsProps extends FilterProps {
  readonly live: Live;
}

function Events({ stream, live, text, kind }: EventsProps) {
  const { events, state, seen, isSettled } = live;
  const found = useMemo(
    () => events.filter((event) => fits(event, text, kind)),
    [events, text, kind],
  );
  return (
    <>
      <p class="quiet">
        {/* Only the state is read aloud: the numbers change with every event. */}
        <span role="status">
          <Badge of={state} />
        </span>{' '}
        {countText(seen)} came, {countText(events.length)} are kept here, {countText(found.length)}{' '}
        fit
        {found.length > SHOWN_MAX ? `, the newest ${SHOWN_MAX} of them are shown` : ''}.
      </p>
      {state === 'refused' && (
        <Empty title="The token may not follow the log">
          <p>
            It needs <code>datasets:read</code>, <code>contracts:read</code> and{' '}
            <code>jobs:read</code>. <a href={hrefOf(['session'])}>Use another token</a>.
          </p>
        </Empty>
      )}
      {found.length === 0 && isSettled ? (
        <Empty title="No event fits">
          <p>Events appear as they happen. Choose a position to read what happened before.</p>
        </Empty>
      ) : (
        <EventList
          stream={stream}
          events={found.slice(0, SHOWN_MAX)}
          label="Events, the newest first"
        />
      )}
    </>
  );
}

function fits(
  { type, subject, actor, kind: own }: ListedEvent,
  text: string,
  kind: string,
): boolean {
  if (kind !== '' && own !== kind) return false;
  if (text === '') return true;
  const wanted = text.toLowerCase();
  return [type, subject, actor].some((value) => value.toLowerCase().includes(wanted));
}

interface FilterProps {
  readonly stream: StreamName;
  readonly text: string;
  readonly kind: string;
}

const KINDS = ['dataset', 'contract', 'job-definition', 'action-profile'];

function Filters({ stream, text, kind }: FilterProps) {
  const from = place.value.query.get('from') ?? '';
  return (
    <form class="row filters" onSubmit={(event) => event.preventDefault()}>
      <label>
        Stream
        <select
          value={stream}
          onChange={(event) =>
            narrow({ stream: event.currentTarget.value, from: undefined, kind: undefined })
          }
        >
          <option value="registry">registry</option>
          <option value="jobs">job runs</option>
        </select>
      </label>
      <label>
        Type, subject or actor holds
        <input
          type="search"
          value={text}
          onInput={(event) => narrow({ q: event.currentTarget.value })}
        />
      </label>
      {stream === 'registry' && (
        <label>
          Kind
          <select value={kind} onChange={(event) => narrow({ kind: event.currentTarget.value })}>
            <option value="">any</option>
            {KINDS.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
      )}
      <label>
        From position
        <input
          inputMode="numeric"
          value={from}
          placeholder="near the newest"
          onChange={(event) => narrow({ from: event.currentTarget.value })}
        />
      </label>
    </form>
  );
}

interface EndProps {
  readonly events: readonly ListedEvent[];
}

function Earlier({ events }: EndProps) {
  const oldest = events.at(-1)?.position ?? 1;
  if (oldest <= 1) return null;
  const from = String(Math.max(1, oldest - EVENTS_KEPT_MAX));
  return (
    <button type="button" onClick={() => narrow({ from })}>
      Earlier events, from {from}
    </button>
  );
}

function Later({ events }: EndProps) {
  const from = String((events[0]?.position ?? 0) + 1);
  return (
    <>
      <button type="button" onClick={() => narrow({ from })}>
        Later events, from {from}
      </button>
      <button type="button" onClick={() => narrow({ from: undefined })}>
        The newest
      </button>
    </>
  );
}
