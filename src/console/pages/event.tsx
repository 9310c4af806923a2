import { useEffect, useState } from 'preact/hooks';
import { asker, askText, type Problem, Refusal } from '#console/api/ask';
import { EVENT_WAIT_MS, type LogEvent, readEvent, type StreamName } from '#console/api/follow';
import { newestPosition } from '#console/api/readiness';
import { problemFrom, useAnswer } from '#console/api/use-answer';
import { Digest, Facts, Moment, Section } from '#console/parts/bits';
import { subjectHref } from '#console/parts/event-list';
import { JsonText } from '#console/parts/json-text';
import { Empty, Loading, ProblemNote } from '#console/parts/notes';
import { SideBySide } from '#console/parts/side-by-side';
import { durationText, prettyJson } from '#console/parts/words';
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
      {found === undefined && <Loading />}
      {found === 'passed' && (
        <Empty title="No event of this scope from here on">
          <p>
            None came within {durationText(EVENT_WAIT_MS)}: the log goes on here with events of
            other scopes. <a href={hrefOf(['log'])}>See the newest events</a>.
          </p>
        </Empty>
      )}
      {found === 'none' && (
        <Empty title="There is no such event yet">
          <p>
            The log of this stream is not that long.{' '}
            <a href={hrefOf(['log'])}>See the newest events</a>.
          </p>
        </Empty>
      )}
      {typeof found === 'object' &&
        ('subject' in found ? (
          <Shape stream={stream} event={found} wanted={position} />
        ) : (
          <ProblemNote problem={found} />
        ))}
    </>
  );
}

/** `none`: the log is not that long. `passed`: it is, and has nothing of this scope there. */
type Found = LogEvent | Problem | 'none' | 'passed' | undefined;

function useEvent(stream: StreamName, position: number): Found {
  const [found, setFound] = useState<Found>();
  const who = asker.value;
  useEffect(() => {
    const aborted = new AbortController();
    setFound(undefined);
    const read = async (): Promise<Found> => {
      const newest = await newestPosition(stream);
      if (newest !== undefined && position > newest) return 'none';
      return (await readEvent(stream, position, aborted.signal)) ?? 'passed';
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
  }, [stream, position, who]);
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
        {answer.problem.status === 403
          ? 'Its hash is shown to who may administer the registry: '
          : 'Its hash could not be read: '}
        {answer.problem.detail}
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
  const [sides, setSides] = useState<readonly [string, string] | Problem | undefined>();
  const path = pathOf(event);
  useEffect(() => {
    if (path === undefined) return undefined;
    const aborted = new AbortController();
    const { signal } = aborted;
    void Promise.all([
      textAt(path, event.position - 1, signal),
      textAt(path, event.position, signal),
    ])
      .catch(problemFrom)
      .then((found) => {
        if (!signal.aborted) setSides(found);
      });
    return () => aborted.abort();
  }, [path, event.position]);
  if (sides === undefined) return null;
  return (
    <Section title="Effect">
      {'detail' in sides ? (
        <ProblemNote problem={sides} />
      ) : (
        <SideBySide
          left={{ title: sides[0] === '' ? 'Before: not there' : 'Before', text: sides[0] }}
          right={{ title: sides[1] === '' ? 'After: not there' : 'After', text: sides[1] }}
        />
      )}
    </Section>
  );
}

/** Reads a thing as it was at a position; an empty text where it was not there. @throws Refusal */
async function textAt(path: string, position: number, signal: AbortSignal): Promise<string> {
  if (position < 1) return '';
  try {
    return prettyJson(await askText(`${path}?at=${position}`, { signal }));
  } catch (error) {
    if (error instanceof Refusal && error.problem.status === 404) return '';
    throw error;
  }
}
