import { z } from 'zod';
import { setting, text, whole } from '#ops/config/setting';

const PLACES = ['store', 'postgres'] as const;

/** Where anchors of the log can be kept. */
export type AnchorPlace = (typeof PLACES)[number];

const placeList = z
  .string()
  .transform((value) => (value === 'none' ? [] : value.split(',').map((name) => name.trim())))
  .pipe(z.array(z.enum(PLACES, `want none, or some of ${PLACES.join(', ')}, with commas`)))
  .optional();

const pathList = z
  .string()
  .optional()
  .transform((value = '') => value.split(',').map((path) => path.trim()))
  .transform((paths) => paths.filter((path) => path !== ''));

/** The settings of the audit. */
export const AUDIT_SETTINGS = {
  auditAnchors: setting('ATLAS_AUDIT_ANCHORS', placeList, {
    doc: 'Where signed anchors of the log are kept, outside of the broker: `store`, `postgres`, both with a comma, or `none`. Default: `store`, and `postgres` where DATABASE_URL is set.',
  }),
  auditAnchorSeconds: setting('ATLAS_AUDIT_ANCHOR_SECONDS', whole(1, 86_400), {
    default: '60',
    doc: 'How long an event may wait for its anchor. After 1,000 events there is one in any case. What is changed before it is anchored is not found.',
  }),
  auditOldKeys: setting('ATLAS_AUDIT_OLD_KEYS', pathList, {
    doc: 'Paths of the public keys (PEM), with commas, that anchors were signed with before the key was changed.',
  }),
  auditKey: setting('ATLAS_AUDIT_KEY', text.optional(), {
    doc: 'Path of the private key (Ed25519, PEM) that anchors are signed with. Default: `audit-key.pem` in the data folder, made at the first start.',
  }),
} as const;
