/** Gives bytes that are whole in memory to what takes them in chunks: as one. */
export async function* oneChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
