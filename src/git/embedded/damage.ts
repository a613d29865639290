/** Bytes of the object store that are not what their format says. Never leaves this folder: it becomes ObjectCorrupt. */
export class DamagedObject extends Error {
  override readonly name = 'DamagedObject';
}
