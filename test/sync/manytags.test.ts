import { afterAll, beforeAll, expect, test } from 'vitest';
import { chainOf, inClone, onServer, tagsIn, tagsOf } from '../helpers/clones.ts';
import { copyOf, foundOffice, type Office } from '../helpers/office.ts';
import { createSandbox, type Sandbox } from '../helpers/sandbox.ts';
import { sync } from '../helpers/syncing.ts';

/** More than are named to git one by one. */
const DECISIONS = 104;

let sandbox: Sandbox;
let office: Office;

beforeAll(async () => {
  sandbox = await createSandbox();
  office = await foundOffice(sandbox);
  const { clone, bob } = office;
  for (let decision = 0; decision < DECISIONS; decision += 1) {
    // Each command looks at every tag and at what it names: in few files they are there at once.
    if (decision % 13 === 12) await clone.git('gc', '-q');
    await clone.ok(bob, [decision % 2 === 0 ? 'reject' : 'revoke', 'triage/adults@1', '-m', 'Read it']);
  }
});

afterAll(() => sandbox.remove());

test.each(['one that nobody recorded stays at home', 'and nothing else is here'])(
  'more tags than a command line has room for are sent in one push: %s',
  async (what) => {
    const { server, clone, bob } = await copyOf(office);
    const stray = 'refs/tags/promptaudit/intake/v1/approved/nobody@acme.example';
    if (what.startsWith('one')) await clone.git('update-ref', stray, 'HEAD');
    expect(await sync(clone, bob)).toMatchObject({ sent: { events: DECISIONS, tags: DECISIONS } });
    const recorded = tagsIn(await chainOf(inClone(clone)));
    expect(Object.keys(recorded).length).toBeGreaterThan(DECISIONS);
    expect(await tagsOf(onServer(server))).toEqual(recorded);
  },
);
