import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { COLUMNS } from '../../../src/calls/engine/columns.ts';
import { type Engine, literal } from '../../../src/calls/engine/duckdb.ts';
import { listSources } from '../../../src/calls/search/sources.ts';
import type { Records } from '../../../src/calls/trace/usage.ts';
import { openEmbeddedStore } from '../../../src/git/embedded/store.ts';
import type { GitStore } from '../../../src/git/store.ts';
import { Trail } from '../../../src/trail/trail.ts';
import { DISCHARGE, foundHospital, type Hospital, promptText } from '../../helpers/hospital.ts';
import type { Sandbox } from '../../helpers/sandbox.ts';
import type { Person } from '../../helpers/team.ts';

/** Milliseconds at an hour of 5 January 2026: `at('13:00')`, `at('13:00:30.250')`; `at('2 09:00')` is the next day's. */
export function at(time: string): number {
  const [, day = '0', clock = ''] = /^(?:(\d+) )?(.*)$/.exec(time) ?? [];
  return Date.parse(
    `2026-01-0${5 + Math.max(0, Number(day) - 1)}T${clock.length === 5 ? `${clock}:00` : clock}Z`,
  );
}

export interface Ward {
  readonly hospital: Hospital;
  readonly store: GitStore;
  readonly trail: Trail;
}

/**
 * A hospital (events 1 to 6) and then, of `discharge` on 5 January, all by Alice's wording:
 *
 *     10:00   7  v1 to staging           13:00  16  production rolled back to v1
 *     10:01   8  Bob approves v1         14:00  17  v3
 *     10:10   9  v1 to production        14:10  18  v3 to production, an emergency
 *     11:00  10  v2                      15:00  19  withdrawn from staging
 *     11:10  11  v2 to staging           16:00  20  v4, the same text as v1
 *     11:20  12  Bob approves v2
 *     11:30  13  v2 to production
 *     12:00  14  Bob takes it back
 *     12:30  15  Carol approves v2
 */
export async function foundWard(sandbox: Sandbox): Promise<Ward> {
  const hospital = await foundHospital(sandbox, 'embedded');
  const { team, ada, alice, bob, carol, dee } = hospital;
  const deed = async (time: string, person: Person, ...args: string[]): Promise<void> => {
    // A command's clock is a minute on.
    team.clock = at(time) / 1000 - 60;
    await team.ok(person, args);
  };
  const wording = async (time: string, text: string): Promise<void> => {
    await team.write(DISCHARGE, promptText('discharge', text));
    await deed(time, alice, 'commit', 'discharge', '-m', text);
  };
  await deed('10:00', dee, 'deploy', 'discharge@1', '-e', 'staging');
  await deed('10:01', bob, 'approve', 'discharge@1', '-m', 'Reviewed');
  await deed('10:10', dee, 'deploy', 'discharge@1', '-e', 'production');
  await wording('11:00', 'Sum up the visit kindly.');
  await deed('11:10', dee, 'deploy', 'discharge@2', '-e', 'staging');
  await deed('11:20', bob, 'approve', 'discharge@2', '-m', 'Reviewed again');
  await deed('11:30', dee, 'deploy', 'discharge@2', '-e', 'production', '--reference', 'CAB-7');
  await deed('12:00', bob, 'revoke', 'discharge@2', '-m', 'Overlooked something');
  await deed('12:30', carol, 'approve', 'discharge@2', '-m', 'It is fine');
  await deed('13:00', dee, 'rollback', 'discharge', '-e', 'production');
  await wording('14:00', 'Sum up the visit at once.');
  await deed('14:10', ada, 'deploy', 'discharge@3', '-e', 'production', '--emergency', '-m', 'Wrong doses');
  await deed('15:00', dee, 'withdraw', 'discharge', '-e', 'staging');
  await wording('16:00', 'Sum up the visit.');
  const store = await openEmbeddedStore({ cwd: team.repo, env: sandbox.env });
  return { hospital, store, trail: await Trail.open({ store }) };
}

/** A call as a test describes it: `v` names its version, `d` its digest, `e` its environment, `p` its prompt. */
export interface Told {
  readonly at: number;
  readonly p?: string;
  readonly v?: string;
  readonly d?: string;
  readonly e?: string;
  readonly user?: string;
  readonly error?: string;
  /** Milliseconds after which it was recorded. */
  readonly recorded?: number;
}

let ids = 0;

/** The record of it, in canonical form, and its id. */
export function record(told: Told): { readonly id: string; readonly line: string } {
  ids += 1;
  const id = `00000000-0000-7000-8000-${String(ids).padStart(12, '0')}`;
  const fields: Record<string, string | undefined> = {
    'error.type': told.error,
    'gen_ai.prompt.name': told.p,
    'gen_ai.prompt.version': told.v,
    id,
    kind: 'call',
    occurredAt: new Date(told.at).toISOString(),
    'promptaudit.environment': told.e,
    'promptaudit.prompt.digest': told.d,
    recordedAt: new Date(told.at + (told.recorded ?? 5)).toISOString(),
    schema: 'promptaudit/record@1',
    'user.id': told.user,
  };
  return { id, line: JSON.stringify(fields) };
}

/** A store with every other record in a sealed segment and the others in an open one; a single record is in an open one. */
export async function storeOf(engine: Engine, folder: string, lines: readonly string[]): Promise<Records> {
  await mkdir(join(folder, 'open'), { recursive: true });
  await mkdir(join(folder, 'date=2026-01-05'), { recursive: true });
  const [open, sealed] = [0, 1].map((rest) => lines.filter((_, index) => index % 2 === rest));
  await writeFile(join(folder, 'open', 'ward-calls-20260105t100000z000001.jsonl'), textOf(open));
  if (lines.length > 1) await seal(engine, folder, textOf(sealed));
  return { engine, sources: await listSources(folder) };
}

async function seal({ connection }: Engine, folder: string, text: string): Promise<void> {
  const raw = join(folder, 'tmp', 'lines.jsonl');
  await mkdir(join(folder, 'tmp'));
  await writeFile(raw, text);
  const structure = JSON.stringify(Object.fromEntries(COLUMNS.map(({ field, type }) => [field, type])));
  const columns = COLUMNS.map(({ field, name }) => `fields."${field}" AS ${name}`).join(', ');
  await connection.run(`COPY (SELECT record, ${columns} FROM (
    SELECT record, from_json(record, ${literal(structure)}) AS fields FROM read_csv(${literal(raw)},
      columns={'record': 'VARCHAR'}, delim='\x01', quote='', escape='', header=false, auto_detect=false)
  )) TO ${literal(join(folder, 'date=2026-01-05', 'ward-calls-20260105t090000z000000.parquet'))} (FORMAT parquet)`);
}

function textOf(lines: readonly string[] = []): string {
  return lines.map((line) => `${line}\n`).join('');
}
