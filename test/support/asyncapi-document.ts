import { join } from 'node:path';
import { asyncApiDocument } from '#log/asyncapi';
import { packageInfo } from '#ops/package-root';

/** Where the description of the events stands. */
export const ASYNCAPI_PATH = join(packageInfo().root, 'docs/asyncapi.yaml');

/** Writes the description of the events as YAML. */
export function asyncApiYaml(): string {
  const { version } = packageInfo();
  return `# Made from the code: make asyncapi\n${yamlOf(asyncApiDocument(version), '')}`;
}

// What JSON says is YAML too, so texts and numbers stand as JSON; only objects and lists are laid out.
function yamlOf(value: unknown, indent: string): string {
  if (Array.isArray(value) && value.length > 0)
    return value.map((item) => `${indent}- ${yamlOf(item, `${indent}  `).trimStart()}`).join('');
  if (isFilled(value))
    return Object.entries(value)
      .map(([name, part]) => `${indent}${keyOf(name)}:${partOf(part, indent)}`)
      .join('');
  return `${JSON.stringify(value)}\n`;
}

function partOf(part: unknown, indent: string): string {
  const isDeep = isFilled(part) || (Array.isArray(part) && part.length > 0);
  return isDeep ? `\n${yamlOf(part, `${indent}  `)}` : ` ${yamlOf(part, '')}`;
}

function isFilled(value: unknown): value is object {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject && Object.keys(value).length > 0;
}

function keyOf(name: string): string {
  return /^[A-Za-z][A-Za-z0-9-]*$/.test(name) ? name : JSON.stringify(name);
}
