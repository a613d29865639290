import { dirname } from 'node:path';
import { openEmbeddedStore } from '../../../src/git/embedded/store.ts';
import type { NewObject, Oid } from '../../../src/git/object.ts';
import type { GitStore, Ref } from '../../../src/git/store.ts';
import { LEDGER_REF } from '../../../src/ledger/event.ts';
import { foundHospital, type Hospital } from '../../helpers/hospital.ts';
import { run, type Sandbox } from '../../helpers/sandbox.ts';
import { tell, tellMore } from '../../helpers/story.ts';
import type { Team } from '../../helpers/team.ts';

const A_DAY = 86_400;

/** A registry with which nothing is wrong, and all of it in memory. */
export interface Healthy {
  /** By the embedded adapter, on the repository as it is. */
  readonly store: GitStore;
  readonly repo: string;
  /** Seconds since the epoch: the hour at which nothing is wrong with it. */
  readonly now: number;
  /** Every object of the repository, as git reads it. */
  readonly objects: ReadonlyMap<Oid, NewObject & { readonly bytes: Buffer }>;
  readonly refs: readonly Ref[];
  /** Ledger commits, oldest first. */
  readonly ledger: readonly Oid[];
  /** What the trail rests on, by its id: what git calls it, or which event it is. */
  readonly trail: ReadonlyMap<Oid, string>;
  /** By a tree's id, those of its entries through which a file is reached that an event is about. */
  readonly ways: ReadonlyMap<Oid, ReadonlySet<Oid>>;
  /** The ledger's own trees and blobs. */
  readonly notes: readonly Oid[];
}

export interface Grown extends Healthy {
  readonly hospital: Hospital;
}

/** One registry for many tests, once it is there. */
export type Share = () => Grown;

/** All that can happen: versions, decisions, deployments, a rollback, a withdrawal, a retirement, policies, an acknowledgement. */
export async function growHealthy(sandbox: Sandbox): Promise<Grown> {
  const hospital = await foundHospital(sandbox, 'embedded');
  const { team, ada } = hospital;
  await tell(hospital);
  await tellMore(hospital);
  team.clock += A_DAY;
  await team.ok(ada, ['acknowledge', 'deployment/unreviewed-emergency', '12', '-m', 'Rolled back at once']);
  return { hospital, ...(await survey(team)) };
}

/** Reads a repository in whose registry nothing is wrong, with git. */
export async function survey(team: Team): Promise<Healthy> {
  const store = await openEmbeddedStore({ cwd: team.repo, env: team.sandbox.env });
  const refs = await store.listRefs('refs/');
  const ledger = lines(await team.git('rev-list', '--first-parent', '--reverse', LEDGER_REF));
  const objects = await allObjects(team);
  const listed = await team.git('ls-tree', '-r', '-t', '--format=%(objectname)', LEDGER_REF);
  const roots = await team.git('rev-parse', ...ledger.map((oid) => `${oid}^{tree}`));
  return {
    store,
    repo: team.repo,
    now: team.clock,
    objects,
    refs,
    ledger,
    ...(await trailOf(team, ledger, refs, objects)),
    notes: [...new Set([...lines(roots), ...lines(listed)])].filter((oid) => objects.get(oid)?.bytes.length),
  };
}

function lines(text: string): readonly Oid[] {
  return text.split('\n').filter((line) => line !== '') as Oid[];
}

async function allObjects(team: Team): Promise<Healthy['objects']> {
  const place = { cwd: team.repo, env: team.sandbox.env };
  const { stdout } = await run('git', ['cat-file', '--batch-all-objects', '--batch'], place);
  const objects = new Map<Oid, NewObject & { bytes: Buffer }>();
  for (let at = 0; at < stdout.length; ) {
    const end = stdout.indexOf(0x0a, at);
    const [oid, kind, size] = stdout.toString('latin1', at, end).split(' ');
    const bytes = stdout.subarray(end + 1, end + 1 + Number(size));
    objects.set(oid as Oid, { kind: kind as NewObject['kind'], bytes });
    at = end + 1 + Number(size) + 1;
  }
  return objects;
}

/** Worked out with git: what the events name, and all on the way from a commit to the files that they are about. */
async function trailOf(
  team: Team,
  ledger: readonly Oid[],
  refs: readonly Ref[],
  objects: Healthy['objects'],
): Promise<Pick<Healthy, 'trail' | 'ways'>> {
  const trail = new Map<Oid, string>();
  const ways = new Map<Oid, Set<Oid>>();
  for (const { name, oid } of refs) if (name.startsWith('refs/tags/')) trail.set(oid, name);
  for (const [index, oid] of ledger.entries()) {
    trail.set(oid, `event ${index + 1}`);
    const event = Buffer.from(objects.get(oid)?.bytes ?? []).toString();
    const [, subject] = [...event.matchAll(/^parent (.*)$/gm)].map((match) => match[1]);
    if (subject === undefined) continue;
    const root = await team.git('rev-parse', `${subject}^{tree}`);
    const trees = new Map([['.', root as Oid]]);
    trail.set(subject as Oid, subject).set(root as Oid, `${subject}:`);
    const listed = await team.git('ls-tree', '-r', '-t', '--format=%(objectname) %(path)', subject);
    for (const [, found, path = ''] of listed.matchAll(/^(\S+) (.*)$/gm)) {
      if (!isOnTheWay(path, event)) continue;
      trees.set(path, found as Oid);
      trail.set(found as Oid, `${subject}:${path}`);
      const folder = trees.get(dirname(path));
      if (folder !== undefined && !/^Event: retirement$/m.test(event))
        ways.set(folder, (ways.get(folder) ?? new Set()).add(found as Oid));
    }
  }
  return { trail, ways };
}

/** A policy asks for its file and for the keys beside it, a version for its file; a retirement looks for one that is gone. */
function isOnTheWay(path: string, event: string): boolean {
  if (/^Event: policy$/m.test(event)) return /^\.promptaudit(?:\/policy\.yml|\/keys(?:\/.*)?)?$/.test(path);
  const [, file] = /^Path: (.*)$/m.exec(event) ?? [];
  return file === undefined ? path === 'prompts' : file === path || file.startsWith(`${path}/`);
}
