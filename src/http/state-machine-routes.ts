import { z } from 'zod';
import { STATE_MACHINES } from '#domain/state-machines';
import { type Route, route } from '#http/route';

const states = z.array(z.string());

const machinesSchema = z
  .strictObject({
    stateMachines: z.array(
      z.strictObject({
        name: z.string(),
        initial: states.meta({ description: 'Where it can begin' }),
        steps: z
          .record(z.string(), states)
          .meta({ description: 'By each state, those that may follow' }),
      }),
    ),
  })
  .meta({ id: 'StateMachines' });

/** The route that tells which step may follow which. */
export function stateMachineRoutes(): readonly Route[] {
  return [
    route({
      method: 'get',
      path: '/registry/state-machines',
      operationId: 'listStateMachines',
      summary:
        'List the stages of contracts and definitions, the statuses of runs, and their steps',
      tag: 'state-machines',
      responses: { 200: { description: 'The tables', schema: machinesSchema } },
      handle: async () => ({ status: 200, body: { stateMachines: STATE_MACHINES } }),
    }),
  ];
}
