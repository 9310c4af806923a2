import { GENES } from '#test/support/console-content';
import { FAILED_DRILL } from '#test/support/console-drills';

const ORDERS = '/datasets/sales/orders';
const CONTRACT = '/contracts/sales.order-placed';

/** One page of the console: its name in pictures, its address, its title, and what it shows once it is whole. */
export interface ConsolePage {
  readonly name: string;
  readonly path: string;
  readonly title: string;
  readonly proof: string;
}

/** Every page, and every part of a page that has an address of its own, of a registry that `fillConsole()` has filled. */
export const CONSOLE_PAGES: readonly ConsolePage[] = [
  ['datasets', '/datasets', 'Datasets', 'shop/parts'],
  ['datasets-none', '/datasets?q=nowhere', 'Datasets', 'No dataset fits'],
  ['dataset', ORDERS, 'sales/orders', 'Schema fingerprint'],
  ['dataset-objects', `/datasets/${GENES}`, GENES, 'data.sqlite'],
  ['dataset-rows', `/datasets/${GENES}?tab=query&range=17:43000000-43200000`, GENES, '43,200,000'],
  ['dataset-history', `${ORDERS}?tab=history`, 'sales/orders', 'DatasetRegistered'],
  ['dataset-runs', `${ORDERS}?tab=runs`, 'sales/orders', 'orders-sunday'],
  ['dataset-contract', `/datasets/${GENES}?tab=contract`, GENES, 'genes.summary 1.0.0'],
  ['dataset-no-contract', `${ORDERS}?tab=contract`, 'sales/orders', 'No approved contract'],
  ['dataset-cache', `/datasets/${GENES}?tab=cache`, GENES, 'This node'],
  ['dataset-missing', '/datasets/not/there', 'not/there', 'Perhaps it belongs to another scope'],
  ['contracts', '/contracts', 'Contracts', 'sales.order-placed'],
  ['contract', `${CONTRACT}/1.1.0`, 'sales.order-placed', 'JSON Schema'],
  ['contract-diff', `${CONTRACT}/1.1.0?tab=diff`, 'sales.order-placed', 'was added'],
  ['contract-changelog', `${CONTRACT}?tab=changelog`, 'sales.order-placed', 'was added'],
  ['contract-dependants', `${CONTRACT}?tab=dependants`, 'sales.order-placed', 'depend'],
  ['contract-check', `${CONTRACT}?tab=check`, 'sales.order-placed', 'It would publish as'],
  ['contract-history', `${CONTRACT}?tab=history`, 'sales.order-placed', 'ContractPublished'],
  ['contract-new', '/contracts/~new', 'Would this publish?', 'JSON Schema'],
  ['jobs', '/jobs', 'Jobs', 'Check orders'],
  ['run', '/jobs/runs/orders-sunday', 'Run orders-sunday', 'One order has no amount'],
  ['definition', '/jobs/definitions/orders.check/1.0.0', 'orders.check', 'Check orders'],
  ['log', '/log', 'Log', 'ContractPublished'],
  ['event', '/log/registry/4', 'Event 4 of registry', 'Effect'],
  ['health', '/health', 'Registry health', 'Hit ratio'],
  ['drill', `/health/drills/${FAILED_DRILL}`, `Drill ${FAILED_DRILL}`, 'not found within 10 s'],
  ['search', '/search?q=order', 'Search for “order”', 'sales.order-placed'],
  ['session', '/session', 'Session', 'Environment'],
  ['home', '', 'Home', 'sales/orders'],
  ['missing', '/nowhere', 'Not found', 'There is no such page'],
].map(([name = '', path = '', title = '', proof = '']) => ({ name, path, title, proof }));
