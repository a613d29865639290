import { describe, expect, it } from 'vitest';
import { PLAIN } from '../../src/report/style.ts';
import { type SyncReport, syncJson, syncText } from '../../src/report/sync.ts';

const PAGE = { width: 80, fileWidth: 80, style: PLAIN, now: new Date('2026-11-21T12:00:00Z') };

const HEAD = {
  sequence: 11,
  commit: 'a'.repeat(40),
  digest: `sha256:${'b'.repeat(64)}`,
  time: 0,
  tree: 'c'.repeat(40),
} as NonNullable<SyncReport['head']>;

const STILL: SyncReport = {
  remote: 'origin',
  root: undefined,
  head: HEAD,
  received: { events: 0, tags: 0 },
  replayed: [],
  aside: [],
  sent: { events: 0, tags: 0, branch: false },
  branch: { name: 'main', state: 'even', why: undefined },
  findings: [],
  blocked: false,
  refused: undefined,
  ahead: 0,
  behind: 0,
  dryRun: false,
};

const version = (number: number) => ({ event: 'version', prompt: 'intake', version: number }) as const;

const lines = (report: Partial<SyncReport>) =>
  syncText({ ...STILL, ...report }, PAGE)
    .trimEnd()
    .split('\n');

describe('what a sync says', () => {
  it('is one line where there was nothing to do', () => {
    expect(lines({})).toEqual(['in step with origin at event 11']);
  });

  it('tells what came, what was made again under which number, and what went', () => {
    expect(
      lines({
        received: { events: 2, tags: 1 },
        replayed: [
          { detail: version(3), from: 9, to: 11, version: { from: 2, to: 3 } },
          { detail: version(5), from: 10, to: 12, version: { from: 5, to: 5 } },
        ],
        branch: { name: 'main', state: 'rebuilt', why: undefined },
        sent: { events: 2, tags: 0, branch: true },
      }),
    ).toEqual([
      'received 2 events and 1 tag from origin',
      'made 2 events of this clone on top, signed again',
      '  intake v2 is v3 now',
      "made the commits of main again on top of origin's",
      'sent 2 events and main to origin',
      'in step with origin at event 11',
    ]);
  });

  it('names every rule that an event met which was kept aside, and where it is kept', () => {
    const ref = `refs/promptaudit/aside/${'d'.repeat(40)}/event`;
    const reasons = [{ rule: 'approval/self', message: 'you wrote it', remedy: 'ask bob' }];
    expect(
      lines({ aside: [{ sequence: 9, detail: version(2), ref, message: 'cannot commit', reasons }] }),
    ).toEqual([
      'kept aside: event 9, registered intake v2',
      '  - you wrote it: ask bob',
      `    ${ref}`,
      'see each with git show <ref>, and delete its ref once it is dealt with',
      'in step with origin at event 11',
    ]);
    const without = lines({
      aside: [{ sequence: 9, detail: undefined, ref, message: 'it was set aside', reasons: [] }],
    });
    expect(without.slice(0, 2)).toEqual(['kept aside: event 9', '  - it was set aside']);
  });

  it('says of what it did not take that it did not, and how far the two are apart', () => {
    const told = lines({
      received: { events: 2, tags: 0 },
      blocked: true,
      ahead: 1,
      behind: 2,
      findings: [
        { code: 'signature/missing', severity: 'error', sequence: 12, message: 'unsigned', hint: 'find out' },
      ],
    });
    expect(told[0]).toBe('origin has 2 events more, which were not taken');
    expect(told).toContain('error  signature/missing');
    expect(told.at(-1)).toBe('1 event ahead of and 2 behind origin, at event 11');
  });

  it('says what a remote refused, and that nothing was sent', () => {
    expect(lines({ refused: 'origin refuses refs/heads/main (hook declined)', ahead: 1 })).toEqual([
      'not sent: origin refuses refs/heads/main (hook declined)',
    ]);
  });

  it('tells of a dry run what would be', () => {
    expect(
      lines({
        dryRun: true,
        received: { events: 1, tags: 0 },
        replayed: [{ detail: version(2), from: 9, to: 10, version: undefined }],
        branch: { name: 'main', state: 'forwarded', why: undefined },
        sent: { events: 1, tags: 0, branch: false },
      }),
    ).toEqual([
      'would receive 1 event from origin',
      'would make 1 event of this clone on top, signed again',
      'would take main on to where origin has it',
      'would send 1 event to origin',
    ]);
  });

  it('says why a branch stays where it is', () => {
    expect(lines({ branch: { name: 'main', state: 'behind', why: 'a rebase is under way' } })).toEqual([
      "main stays behind origin's because of changes here (a rebase is under way):",
      'finish, commit or stash them, then run:',
      'promptaudit sync',
      'in step with origin at event 11',
    ]);
    expect(lines({ branch: { name: 'main', state: 'diverged', why: undefined } }).join(' ')).toContain(
      "main and origin's have gone apart and it was left alone: merge or rebase it with git",
    );
  });
});

it('writes promptaudit/sync@1', () => {
  const document = JSON.parse(
    syncJson({
      ...STILL,
      replayed: [{ detail: version(3), from: 9, to: 11, version: { from: 2, to: 3 } }],
    }),
  );
  expect(document).toMatchObject({
    schema: 'promptaudit/sync@1',
    remote: 'origin',
    registry: null,
    head: { sequence: 11, commit: HEAD.commit, digest: HEAD.digest },
    replayed: [{ event: 'version', prompt: 'intake', from: 9, to: 11, version: { from: 2, to: 3 } }],
    branch: { name: 'main', state: 'even' },
    refused: null,
  });
});
