import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

export interface VirtualRowsProps {
  readonly label: string;
  readonly count: number;
  /** The height of every row. */
  readonly rowPx: number;
  readonly show: (index: number) => ComponentChildren;
}

const BEYOND = 8;
// Browsers lose count of pixels above 33 million; a list that is longer scrolls in larger steps.
const HEIGHT_PX_MAX = 15_000_000;

/** A list of any length that holds only the rows on the screen. They are links, so that Tab goes on from row to row. */
export function VirtualRows({ label, count, rowPx, show }: VirtualRowsProps) {
  const box = useRef<HTMLDivElement>(null);
  const [{ top, height }, setView] = useState({ top: 0, height: 600 });
  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const measure = (): void => setView({ top: element.scrollTop, height: element.clientHeight });
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    element.addEventListener('scroll', measure, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', measure);
    };
  }, []);
  const wholePx = Math.min(count * rowPx, HEIGHT_PX_MAX);
  const scale = wholePx === 0 ? 1 : (count * rowPx) / wholePx;
  const first = Math.max(0, Math.floor((top * scale) / rowPx) - BEYOND);
  const last = Math.min(count, Math.ceil((top * scale + height) / rowPx) + BEYOND);
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
