/** Lists what a bearer may be allowed to do. */
export const AUTH_SCOPES = [
  'datasets:read',
  'datasets:write',
  'datasets:publish',
  'contracts:read',
  'contracts:write',
  'contracts:approve',
  'jobs:read',
  'jobs:write',
  'registry:admin',
] as const;
export type AuthScope = (typeof AUTH_SCOPES)[number];

/** Tells whether a text is one of the scopes. */
export function isAuthScope(text: string): text is AuthScope {
  return (AUTH_SCOPES as readonly string[]).includes(text);
}
