import { useEffect, useState } from 'preact/hooks';
import { ask, type Problem } from '#console/api/ask';
import { type LogEvent, readEvent, type StreamName } from '#console/api/follow';
import { newestPosition } from '#console/api/readiness';
import { problemFrom, useAnswer } from '#console/api/use-answer';
import { Digest, Facts, Moment, Section } from '#console/parts/bits';
import { subjectHref } from '#console/parts/event-list';
import { JsonText } from '#console/parts/json-text';
import { Empty, ProblemNote } from '#console/parts/notes';
import { SideBySide } from '#console/parts/side-by-side';
import { prettyJson } from '#console/parts/words';
import { hrefOf } from '#console/shell/place';

export interface EventPageProps {
  readonly stream: StreamName;
  readonly position: number;
}

/** One event: what it says, who wrote it, how it is chained to the one before, and what it changed. */
export function EventPage({ stream, position }: EventPageProps) {
  const found = useEvent(stream, position);
  const to = (at: number): string => hrefOf(['log', stream, String(at)]);
  return (
    <>
      <p class="crumbs">
        <a href={hrefOf(['log'], { stream: stream === 'jobs' ? 'jobs' : undefined })}>Log</a>
      </p>
      <h1>
        Event {position} of {stream}
      </h1>
      <p class="row">
        {position > 1 && <a href={to(position - 1)}>Before</a>}
        <a href={to(position + 1)}>After</a>
        <a
          href={hrefOf(['log'], {
            stream: stream === 'jobs' ? 'jobs' : undefined,
            from: String(position),
          })}
        >
          The log from here
        </a>
      </p>
      {found === undefined && (
        <p class="quiet" role="status">
          Loading…
        </p>
      )}
      {found === 'none' && (
        <Empty title="There is no such event yet">
          <p>
            The log of this stream is not that long.{' '}
            <a href={hrefOf(['log'])}>See the newest events</a>.
          </p>
        </Empty>
      )}
      {found !== undefined && found !== 'none' && !('subject' in found) && (
        <ProblemNote problem={found} />
      )}
      {found !== undefined && found !== 'none' && 'subject' in found && (
        <Shape stream={stream} event={found} wanted={position} />
      )}
    </>
  );
}

type Found = LogEvent | Problem | 'none' | undefined;

function useEvent(stream: StreamName, position: number): Found {
  const [found, setFound] = useState<Found>();
  useEffect(() => {
    const aborted = new AbortController();
    setFound(undefined);
    const read = async (): Promise<Found> => {
      if (position > (await newestPosition(stream))) return 'none';
      return (await readEvent(stream, position, aborted.signal)) ?? 'none';
    };
    read().then(
      (event) => {
        if (!aborted.signal.aborted) setFound(event);
      },
      (error: unknown) => {
        if (!aborted.signal.aborted) setFound(problemFrom(error));
      },
    );
    return () => aborted.abort();
  }, [stream, position]);
  return found;
}

interface ShapeProps {
  readonly stream: StreamName;
  readonly event: LogEvent;
  readonly wanted: number;
}

function Shape({ stream, event, wanted }: ShapeProps) {
  const { data, ...head } = event;
  const href = subjectHref(event);
  return (
    <>
      {event.position !== wanted && (
        <p class="note warn">
          Position {wanted} belongs to another scope. This is the next one of yours,{' '}
          {event.position}.
        </p>
      )}
      <Facts
        of={[
          { name: 'Type', value: event.type },
          {
            name: 'About',
            value: href === undefined ? event.subject : <a href={href}>{event.subject}</a>,
          },
          {
            name: 'When',
            value: (
              <>
                <Moment of={event.time} /> ({event.time})
              </>
            ),
          },
          { name: 'By', value: event.actor },
        ]}
      />
      <Chain stream={stream} position={event.position} />
      <Section title="Headers">
        <JsonText text={prettyJson(JSON.stringify(head))} label="Headers" />
      </Section>
      <Section title="Data">
        <JsonText text={prettyJson(JSON.stringify(data))} label="Data" />
      </Section>
      <Effect event={event} />
    </>
  );
}

interface AuditPage {
  readonly entries: readonly {
    readonly position: number;
    readonly hash: string;
    readonly previous_hash?: string;
  }[];
}

/** The hash of an event, and that of the one before about the same thing. */
function Chain({ stream, position }: { readonly stream: StreamName; readonly position: number }) {
  const query = new URLSearchParams({ stream, from: String(position), to: String(position) });
  const [answer] = useAnswer<AuditPage>(`/registry/audit?${query}`);
  if (answer.state === 'waiting') return null;
  if (answer.state === 'failed')
    return (
      <p class="quiet">
        Its hash is shown to who may administer the registry: {answer.problem.detail}
      </p>
    );
  const [entry] = answer.value.entries;
  if (entry === undefined) return null;
  return (
    <Facts
      of={[
        { name: 'Hash', value: <Digest of={entry.hash} /> },
        {
          name: 'Hash before',
          value:
            entry.previous_hash === undefined ? (
              'none: it is the first about this'
            ) : (
              <Digest of={entry.previous_hash} />
            ),
        },
      ]}
    />
  );
}

/** Gives where the thing that an event is about can be read as it was. */
function pathOf({ kind, subject }: LogEvent): string | undefined {
  if (kind === 'dataset') return `/registry/datasets/${encodeURIComponent(subject)}`;
  if (kind === 'contract')
    return `/registry/contracts/${encodeURIComponent(subject.split('@')[0] ?? '')}`;
  if (kind === 'job-run') return `/registry/job-runs/${encodeURIComponent(subject)}`;
  if (kind === 'job-definition') return `/registry/job-definitions/${encodeURIComponent(subject)}`;
  if (kind === 'action-profile') return `/registry/action-profiles/${encodeURIComponent(subject)}`;
  return undefined;
}

/** What an event changed: the thing just before, beside the thing just after. */
function Effect({ event }: { readonly event: LogEvent }) {
  const [sides, setSides] = useState<readonly [string, string] | undefined>();
  const path = pathOf(event);
  useEffect(() => {
    if (path === undefined) return undefined;
    const aborted = new AbortController();
    const at = async (position: number): Promise<string> =>
      position < 1
        ? ''
        : await ask(`${path}?at=${position}`, { signal: aborted.signal }).then(
            (value) => prettyJson(JSON.stringify(value)),
            () => '',
          );
    void Promise.all([at(event.position - 1), at(event.position)]).then((both) => {
      if (!aborted.signal.aborted) setSides(both);
    });
    return () => aborted.abort();
  }, [path, event.position]);
  if (sides === undefined) return null;
  const [before, after] = sides;
  return (
    <Section title="Effect">
      <SideBySide
        left={{ title: before === '' ? 'Before: not there' : 'Before', text: before }}
        right={{ title: 'After', text: after }}
      />
    </Section>
  );
}
