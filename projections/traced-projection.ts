import type { Clock } from '#flow/clock';
import type { Tracer } from '#flow/tracer';
import { freshTraceparents } from '#log/event-trace';
import type { Projection } from '#projections/projection';

/** Gives a projection that shows, in the traces of the events that it applies, when and how long that took. */
export function tracedProjection(
  projection: Projection,
  { tracer, clock }: { readonly tracer: Tracer; readonly clock: Clock },
): Projection {
  return {
    name: projection.name,
    open: () => projection.open(),
    apply: (batch, checkpoint) => {
      const traceparents = freshTraceparents(batch, clock.nowMs());
      const apply = () => projection.apply(batch, checkpoint);
      if (traceparents.length === 0) return apply();
      const tags = { view: projection.name, events: batch.length };
      return tracer.follow('project', { traceparents, tags }, apply);
    },
    clear: () => projection.clear(),
    digest: () => projection.digest(),
    newestEvent: () => projection.newestEvent?.(),
    close: () => projection.close(),
  };
}
