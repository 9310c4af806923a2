import type { ComponentChildren } from 'preact';
import { useAnswer } from '#console/api/use-answer';
import { Moment } from '#console/parts/bits';
import { Empty, Shown } from '#console/parts/notes';
import { hrefOf, narrow, place } from '#console/shell/place';

/** Something that was decided about one thing. */
export interface TimelineStep {
  readonly position: number;
  readonly time: string;
  readonly actor: string;
  readonly decision: string;
}

interface AuditPage {
  readonly entries: readonly TimelineStep[];
  readonly next_cursor?: string;
}

const ENTRIES_MAX = 200;

export interface HistoryProps {
  readonly kind: 'contract' | 'job-definition';
  readonly name: string;
}

/** Everything that was decided about one thing, each step with the way to see it as it was then. */
export function History({ kind, name }: HistoryProps) {
  const query = new URLSearchParams({ kind, name, limit: String(ENTRIES_MAX) });
  const [answer, again] = useAnswer<AuditPage>(`/registry/audit?${query}`);
  return (
    <Shown answer={answer} again={again}>
      {({ entries, next_cursor: next }) =>
        entries.length === 0 ? (
          <Empty title="The log holds nothing about it in this scope" />
        ) : (
          <>
            <Timeline steps={entries} />
            {next !== undefined && (
              <p class="quiet">The first {ENTRIES_MAX} steps. The log shows all of them.</p>
            )}
          </>
        )
      }
    </Shown>
  );
}

export interface TimelineProps<S> {
  readonly steps: readonly S[];
  /** What more there is to say of a step. */
  readonly show?: (step: S) => ComponentChildren;
}

/** Steps one under the other, each with the way to its event, and to what there was behind it. */
export function Timeline<S extends TimelineStep>({ steps, show }: TimelineProps<S>) {
  const at = place.value.query.get('at');
  return (
    <ol class="timeline" aria-label="History">
      {steps.map((step) => (
        <li key={step.position} aria-current={at === String(step.position) ? 'true' : undefined}>
          <strong>{step.decision}</strong> <Moment of={step.time} /> by {step.actor}
          {show?.(step)}
          <div class="row">
            <a href={hrefOf(['log', 'registry', String(step.position)])}>Event {step.position}</a>
            <button
              type="button"
              class="small"
              onClick={() => narrow({ at: String(step.position), tab: undefined })}
            >
              Show as of {step.position}
            </button>
          </div>
        </li>
      ))}
    </ol>
  );
}

export interface PastNoteProps {
  /** Whether this part of the page shows what is now, whatever moment was asked for. */
  readonly isNow: boolean;
}

/** Says that a page shows the past, or that a part of it does not, and leads back. */
export function PastNote({ isNow }: PastNoteProps) {
  const at = place.value.query.get('at');
  if (at === null) return null;
  return (
    <div class="note warn" role="status">
      {isNow ? (
        <p>This part shows what is now, the others what was as of {at}.</p>
      ) : (
        <strong>As of {at}</strong>
      )}
      <button type="button" onClick={() => narrow({ at: undefined })}>
        Show it as it is now
      </button>
    </div>
  );
}
