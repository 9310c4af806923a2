import type { ListedEvent, StreamName } from '#console/api/follow';
import { Moment } from '#console/parts/bits';
import { hrefOf } from '#console/shell/place';

/** Gives the page of what an event is about; `undefined` where there is none. */
export function subjectHref({ kind, subject }: ListedEvent): string | undefined {
  if (kind === 'dataset') return hrefOf(['datasets', subject]);
  if (kind === 'contract') return hrefOf(['contracts', subject.split('@')[0] ?? subject]);
  if (kind === 'job-run') return hrefOf(['jobs', 'runs', subject]);
  if (kind === 'job-definition') return hrefOf(['jobs', 'definitions', subject]);
  return undefined;
}

export interface EventListProps {
  readonly stream: StreamName;
  readonly events: readonly ListedEvent[];
  readonly label: string;
}

/** Events, each with a link to itself and to what it is about. */
export function EventList({ stream, events, label }: EventListProps) {
  return (
    <ol class="events" aria-label={label}>
      {events.map((event) => {
        const href = subjectHref(event);
        return (
          <li key={event.position}>
            <a class="position" href={hrefOf(['log', stream, String(event.position)])}>
              {event.position}
            </a>
            <span class="type">{event.type}</span>
            <span class="subject">
              {href === undefined ? event.subject : <a href={href}>{event.subject}</a>}
            </span>
            <span class="quiet when">
              <Moment of={event.time} /> by {event.actor}
            </span>
          </li>
        );
      })}
    </ol>
  );
}
