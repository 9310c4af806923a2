import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { Live } from '#console/api/live';
import { countText } from '#console/parts/words';

export interface HeldEventsProps {
  readonly live: Live;
  readonly children: (shown: Live) => ComponentChildren;
}

/**
 * Events as they come, or as they were when the reader held them: what comes ten times a second can neither be read nor
 * clicked. They hold by themselves while the keyboard is among them, and come on meanwhile out of sight.
 */
export function HeldEvents({ live, children }: HeldEventsProps) {
  const [held, setHeld] = useState<Live | undefined>();
  const shown = held ?? live;
  return (
    <>
      <p class="row hold">
        <button
          type="button"
          aria-pressed={held !== undefined}
          onClick={() => setHeld(held === undefined ? live : undefined)}
        >
          {held === undefined ? 'Hold' : 'Go on'}
        </button>
        {held !== undefined && (
          <span class="quiet">Held. {countText(live.seen - held.seen)} came since.</span>
        )}
      </p>
      <div onFocusIn={() => setHeld((before) => before ?? live)}>{children(shown)}</div>
    </>
  );
}
