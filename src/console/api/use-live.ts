import { useEffect, useMemo } from 'preact/hooks';
import { token } from '#console/api/ask';
import type { StreamName } from '#console/api/follow';
import { type Live, LiveEvents } from '#console/api/live';

/** Follows a stream for as long as the page is shown. */
export function useLive(stream: StreamName, from?: number): Live {
  const bearer = token.value;
  const live = useMemo(() => new LiveEvents(stream), [stream, from, bearer]);
  useEffect(() => {
    void live.start(from);
    return () => live.stop();
  }, [live]);
  return live.shown.value;
}
