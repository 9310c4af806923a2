import { type HostileCommand, type Posted, readAt } from '#test/support/hostile-command';
import { everyAction } from '#test/support/jobs';

/** Makes the commands about action profiles and job definitions. */
export function definitionCommands(token: string): readonly HostileCommand[] {
  const id = `h.${token}`;
  const base = { id, version: '1.0.0', name: 'Name', tags: ['tag'], metadata: { a: 'b' } };
  const trigger = {
    type: 'EXTERNAL_EVENT',
    source: 's',
    filter: { eventType: 't', subjectPrefix: 'p', where: [{ path: '/a', equals: 'b' }] },
  };
  const job = { ...base, kind: 'load', trigger, datasets: ['a/b'] };
  const define = { path: '/registry/job-definitions', body: job };
  const profile = {
    path: '/registry/action-profiles',
    body: { ...base, actions: [everyAction[0]] },
  };
  const steps = ['submit', 'approve', 'activate', 'retire'];
  const stages = (noun: string, first: Posted): readonly HostileCommand[] =>
    steps.map((step, index) => ({
      operationId: `${step} ${noun}`,
      path: `/registry/${noun}/${id}/1.0.0/${step}`,
      body: { notes: 'n' },
      before: [
        first,
        ...steps
          .slice(0, index)
          // It is the same step as the one before.
          .filter((earlier) => step !== 'activate' || earlier !== 'approve')
          .map((earlier) => ({ path: `/registry/${noun}/${id}/1.0.0/${earlier}`, body: {} })),
      ],
      read: () => `/registry/${noun}/${id}/1.0.0`,
    }));
  const readOf = (noun: string) => readAt(`/registry/${noun}/{id}/{version}`);
  return [
    { operationId: 'defineJobDefinition', ...define, read: readOf('job-definitions') },
    {
      operationId: 'schedule',
      path: '/registry/job-definitions',
      body: {
        ...base,
        kind: 'load',
        trigger: { type: 'SCHEDULED', cron: '0 3 * * *', timeZone: 'Europe/Berlin' },
      },
      read: readOf('job-definitions'),
    },
    {
      operationId: 'defineActionProfile',
      path: '/registry/action-profiles',
      body: { ...base, actions: everyAction },
      read: readOf('action-profiles'),
    },
    ...stages('job-definitions', define),
    ...stages('action-profiles', profile),
  ];
}
