import pc from 'picocolors';
import { printable } from '#cli/command/printable';
import type {
  FollowStanding,
  PromoteReport,
  StandbyStanding,
  StreamStanding,
} from '#cli/standby-port';

/** How many seconds the stream that is furthest behind is behind; `undefined` when that cannot be told of one. */
export function behindMost({ streams }: StandbyStanding): number | undefined {
  const seconds = streams.map((stream) => stream.seconds);
  return seconds.includes(undefined) ? undefined : Math.max(...seconds.map(Number));
}

/** Says how far the standby is, a line for each stream. */
export function standingText({ streams }: StandbyStanding): string {
  return streams.map((stream) => `${printable(lineOf(stream))}\n`).join('');
}

function lineOf({ stream, primary, standby, events, seconds, fault }: StreamStanding): string {
  const at = standby === undefined ? 'not there' : `at position ${standby}`;
  if (events === undefined || seconds === undefined)
    return `${stream}: standby ${at}; how far it is behind cannot be told: ${fault ?? 'no answer'}`;
  if (events === 0) return `${stream}: in step at position ${standby}`;
  return `${stream}: standby ${at}, primary at ${primary}: ${events} events behind, the oldest since ${seconds.toFixed(1)} s`;
}

/** Says what a promotion will do. */
export function promotePlan(standing: StandbyStanding, primaryFault: string | undefined): string {
  const first =
    primaryFault === undefined
      ? 'The primary answers: it is made to take no more appends, and what it holds is copied first. Writes there fail from then on.'
      : `The primary does not answer (${printable(primaryFault)}): what the standby lacks is lost, see --accept-loss.`;
  return [
    standingText(standing).trimEnd(),
    first,
    'Then a mark in the artifact store freezes nodes on the old side, and the standby takes appends.',
    '',
  ].join('\n');
}

/** Says what a promotion has done. */
export function promotedText(report: PromoteReport): string {
  const { streams, isFenced, isWhole, trouble, mark, wasPromoted } = report;
  const at = streams.map(({ stream, position }) => `${stream} from position ${position + 1}`);
  const lines = [
    `${pc.green(wasPromoted ? 'The standby was promoted before.' : 'Promoted.')} It takes appends: ${at.join(', ')}.`,
    wasPromoted ? [] : fenceLine(isFenced, trouble),
    mark.number === undefined
      ? `${pc.yellow('No mark was written')}: ${printable(mark.fault ?? '')}. Nodes on the old side learn nothing from the store.`
      : `Mark ${mark.number} is in the artifact store: nodes that read this store and are on the old side freeze.`,
    isWhole
      ? 'It goes on with the same log: views, anchors and snapshots of it fit.'
      : `${pc.yellow('It is another log now')}: on nodes that were on the old one run "atlas-registry views reset", and move its anchors away.`,
    'Start nodes with its NATS_URL.',
  ];
  return `${lines.flat().join('\n')}\n`;
}

function fenceLine(isFenced: boolean, trouble: string | undefined): string {
  if (isFenced && trouble === undefined) return 'The old side takes no more appends.';
  const fence = isFenced ? 'The old side takes no more appends' : 'The old side was not reached';
  return `${pc.yellow(fence)}: ${printable(trouble ?? '')}. Acknowledged events may be missing.`;
}

/** Says how copying goes; what it is about is said once. */
export function followLine({ stream, primary, standby, trouble }: FollowStanding): {
  readonly about: string;
  readonly text: string;
} {
  if (trouble !== undefined) return { about: trouble, text: `${stream}: ${trouble}` };
  if (primary === undefined || standby === undefined) return { about: '', text: stream };
  if (standby > primary)
    return {
      about: 'ahead',
      text: `${stream}: the primary ends at ${primary}, before the standby at ${standby}: waiting`,
    };
  return { about: 'copied', text: `${stream}: in step at position ${standby}` };
}
