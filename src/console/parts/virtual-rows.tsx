import type { ComponentChildren, RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { keepScroll, keptScroll, onLeaving } from '#console/shell/place';

export interface VirtualRowsProps {
  readonly label: string;
  readonly count: number;
  /** The height of every row. */
  readonly rowPx: number;
  readonly show: (index: number) => ComponentChildren;
  /** Told up to which row the list is on the screen, so that it can be read that far. */
  readonly onShow: (count: number) => void;
}

const BEYOND = 8;
// Browsers lose count of pixels above 33 million; a list that is longer scrolls in larger steps.
const HEIGHT_PX_MAX = 15_000_000;
/** How long nobody scrolls before a reload comes back here: browsers slow down pages that note it each time. */
const SCROLLED_MS = 200;

/**
 * A list of any length that holds only the rows on the screen. They are links, so that Tab goes on from row to row. Whoever
 * comes back to it, or loads the page again, finds it where it was.
 */
export function VirtualRows({ label, count, rowPx, show, onShow }: VirtualRowsProps) {
  const box = useRef<HTMLDivElement>(null);
  const { top, height } = useView(box);
  const wholePx = Math.min(count * rowPx, HEIGHT_PX_MAX);
  const scale = wholePx === 0 ? 1 : (count * rowPx) / wholePx;
  const first = Math.max(0, Math.floor((top * scale) / rowPx) - BEYOND);
  const last = Math.min(count, Math.ceil((top * scale + height) / rowPx) + BEYOND);
  useEffect(() => onShow(last), [last, onShow]);
  const indexes = Array.from({ length: Math.max(0, last - first) }, (_, at) => first + at);
  const offsetPx = top - (top * scale - first * rowPx);
  return (
    <div class="virtual" ref={box} role="group" aria-label={label} tabIndex={0}>
      <div class="whole" style={{ height: `${wholePx}px` }}>
        <div role="list" style={{ transform: `translateY(${Math.max(0, offsetPx)}px)` }}>
          {indexes.map((index) => (
            <div
              key={index}
              role="listitem"
              aria-setsize={count}
              aria-posinset={index + 1}
              style={{ height: `${rowPx}px` }}
            >
              {show(index)}
            </div>
          ))}
        </div>
      </div>
    </div>
  );
}

interface View {
  readonly top: number;
  readonly height: number;
}

/** Follows which part of a box is on the screen, beginning where it was left. */
function useView(box: RefObject<HTMLDivElement | null>): View {
  const [view, setView] = useState({ top: 0, height: 600 });
  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    let settling: ReturnType<typeof setTimeout> | undefined;
    const measure = (): void => setView({ top: element.scrollTop, height: element.clientHeight });
    const keep = (): void => keepScroll(element.scrollTop);
    const onScroll = (): void => {
      measure();
      clearTimeout(settling);
      settling = setTimeout(keep, SCROLLED_MS);
    };
    const forget = onLeaving(keep);
    element.scrollTop = keptScroll();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    element.addEventListener('scroll', onScroll, { passive: true });
    return () => {
      forget();
      clearTimeout(settling);
      observer.disconnect();
      element.removeEventListener('scroll', onScroll);
    };
  }, [box]);
  return view;
}
