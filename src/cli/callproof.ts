import { inclusionOf } from '../calls/check/inclusion.ts';
import { proveRecord } from '../calls/proof/prove.ts';
import type { Located } from '../calls/search/locate.ts';
import { Failure, Refusal } from '../failure.ts';
import type { CallQuery } from './callquery.ts';
import type { Context } from './context.ts';

/**
 * The inclusion proof of a sealed record.
 * @throws Refusal for one that is not sealed, Failure where it cannot be proven
 */
export async function proofOf(
  context: Context,
  { engine, reader }: CallQuery,
  { line, segment, sealed }: Located,
): Promise<string> {
  if (reader.trail === undefined)
    throw new Failure('a proof rests on the ledger: run this in a clone of the registry');
  const calls = await reader.trail.calls();
  const seal = calls.sealed.get(segment.name);
  if (sealed === undefined || seal === undefined)
    throw new Refusal(
      `the record is in segment ${segment.name}, which is not sealed: run promptaudit calls seal`,
    );
  const repository = await context.openStore();
  const { bytes } = await repository.read(seal.commit);
  const { index, size, path } = await inclusionOf(engine, sealed.path, sealed.row);
  return proveRecord({ line, index, size, path, commit: bytes, signer: seal.key });
}
