import { MIB, setting, whole } from '#ops/config/setting';

/** The settings of OpenLineage events. */
export const LINEAGE_SETTINGS = {
  lineageBytesMax: setting('ATLAS_LINEAGE_BYTES_MAX', whole(1_024, 24 * MIB), {
    default: String(24 * MIB),
    doc: 'Largest OpenLineage event, unpacked. To read one of 1 MiB holds up others for some 90 ms, one of 22 MiB for up to 2 s.',
  }),
  lineageBatchBytesMax: setting('ATLAS_LINEAGE_BATCH_BYTES_MAX', whole(1_024, 256 * MIB), {
    default: String(64 * MIB),
    doc: 'Largest batch of OpenLineage events, unpacked.',
  }),
};
