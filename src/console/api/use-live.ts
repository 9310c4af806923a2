import { useEffect, useMemo } from 'preact/hooks';
import { asker } from '#console/api/ask';
import type { StreamName } from '#console/api/follow';
import { type Live, LiveEvents } from '#console/api/live';

/** Follows a stream for as long as the page is shown. */
export function useLive(stream: StreamName, from?: number): Live {
  const who = asker.value;
  const live = useMemo(() => new LiveEvents(stream, from), [stream, from, who]);
  useEffect(() => {
    void live.start();
    return () => live.stop();
  }, [live]);
  return live.shown.value;
}
