import { Failure } from '../../failure.ts';
import { hashObject, type NewObject, type ObjectFormat, type Oid } from '../object.ts';
import { encodePack } from './packstream.ts';
import { DURABLY, type GitPlace, reasonOf, runGit } from './process.ts';

/** From this many objects on they stay together in a pack. Source: git-config(1), `receive.unpackLimit`. */
const PACK_FROM = 100;

/**
 * Writes objects by giving git a pack of them, in one process however many there are, and it is git that names and places
 * them: shared repositories, object formats, other places for objects, what is there already. The few of one command
 * become loose objects, so that packs do not pile up; measured, files written from here would save 2 ms in 6. Many stay
 * a pack, as after a fetch.
 */
export async function writeObjects(
  place: GitPlace,
  format: ObjectFormat,
  objects: readonly NewObject[],
): Promise<readonly Oid[]> {
  const few = objects.length < PACK_FROM;
  const verb = few ? ['unpack-objects', '-q'] : ['index-pack', '--stdin'];
  const result = await runGit(place, [...DURABLY, ...verb], encodePack(format, objects, few ? 1 : 6));
  if (result.code !== 0) throw new Failure(`git could not write objects: ${reasonOf(result)}`);
  return objects.map((object) => hashObject(format, object));
}
