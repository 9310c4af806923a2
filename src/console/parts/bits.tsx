import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { now } from '#console/parts/now';
import { agoText } from '#console/parts/words';

const GOOD = new Set(['published', 'approved', 'active', 'succeeded', 'ready', 'live', 'closed']);
const BAD = new Set(['failed', 'not-ready', 'open', 'dead', 'frozen', 'refused', 'major']);
const WARN = new Set([
  'withdrawn',
  'deprecated',
  'degraded',
  'pending_approval',
  'waiting',
  'cancelled',
  'half-open',
  'stopped',
]);

/** A status in a word; colour only repeats what the word says. */
export function Badge({ of }: { readonly of: string }) {
  const tone = GOOD.has(of) ? 'good' : BAD.has(of) ? 'bad' : WARN.has(of) ? 'warn' : 'plain';
  return <span class={`badge ${tone}`}>{of.replaceAll('_', ' ')}</span>;
}

/** A moment: how long ago, with the exact time beside it. */
export function Moment({ of }: { readonly of: string | undefined }) {
  if (of === undefined) return <span class="quiet">never</span>;
  return (
    <time dateTime={of} title={of}>
      {agoText(of, now.value)}
    </time>
  );
}

/** A digest, shortened, with a button that copies it whole; whole where the browser lets pages copy nothing. */
export function Digest({ of }: { readonly of: string }) {
  const [copied, setCopied] = useState(false);
  // Only pages over HTTPS, and those of this machine, may.
  if (!('clipboard' in navigator)) return <code>{of}</code>;
  const bare = of.replace(/^sha256:/, '');
  const copy = (): void => {
    void navigator.clipboard.writeText(of).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  };
  return (
    <span class="digest">
      <code title={of}>{bare.length > 16 ? `${bare.slice(0, 12)}…` : bare}</code>
      <button type="button" class="small" onClick={copy} aria-label={`Copy ${of}`}>
        {copied ? 'Copied' : 'Copy'}
      </button>
    </span>
  );
}

export interface Fact {
  readonly name: string;
  readonly value: ComponentChildren;
}

/** Names and values in two columns. */
export function Facts({ of }: { readonly of: readonly Fact[] }) {
  return (
    <dl class="facts">
      {of.map(({ name, value }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** A part of a page under a heading of its own. */
export function Section({
  title,
  children,
}: {
  readonly title: string;
  readonly children: ComponentChildren;
}) {
  const id = `h-${title.toLowerCase().replaceAll(/[^a-z]+/g, '-')}`;
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {children}
    </section>
  );
}
