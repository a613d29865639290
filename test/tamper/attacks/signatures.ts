import { deploymentOf, forgeEvent, LEDGER } from '../../helpers/forge.ts';
import type { Hospital } from '../../helpers/hospital.ts';
import type { Attack } from '../attack.ts';
import { draftDecision, draftVersion, putTag } from '../drafts.ts';
import { armorOf, bodyOf, editTip, GPGSIG, header, keep, withHeader } from '../workbench.ts';

/** Where nothing is wrong with it, this event takes effect: Dee deploys clinical-intake v1 to staging. */
const harmless = (h: Hospital, reference?: string) =>
  deploymentOf(h, 4, { environment: 'staging', reference });

type Edit = (body: string, h: Hospital) => string | Promise<string>;

/** Dee's event, with something changed in the object once it is signed. */
const onEvent =
  (edit: Edit): Attack['carryOut'] =>
  async (h, accuse) => {
    await forgeEvent(h, h.dee, await harmless(h, 'CAB-1'));
    const after = await edit(await bodyOf(h, LEDGER), h);
    accuse(await editTip(h, () => after));
  };

/** Alice's event, about a commit of hers that was changed once it was signed. */
const onVersion =
  (edit: Edit): Attack['carryOut'] =>
  async (h, accuse) => {
    const detail = await draftVersion(h, h.alice);
    const commit = await keep(h, await edit(await bodyOf(h, detail.commit), h));
    accuse(commit);
    await forgeEvent(h, h.alice, { ...detail, commit }, { subject: commit });
  };

/** Carol's event, about a tag of hers that was changed once it was signed. */
const onTag =
  (edit: Edit, reason = 'Read it'): Attack['carryOut'] =>
  async (h, accuse) => {
    const detail = await draftDecision(h, h.carol);
    const tagObject = await keep(h, await edit(await bodyOf(h, detail.tagObject), h), 'tag');
    accuse(tagObject);
    await forgeEvent(h, h.carol, { ...detail, tagObject }, { reason });
    await putTag(h, { ...detail, tagObject });
  };

const ARMOR = /-----BEGIN [\s\S]*$/;
const unsigned: Edit = (body) => body.replace(GPGSIG, '');
const withSignature = (body: string, block: string) => body.replace(GPGSIG, () => header('gpgsig', block));
const blockOf = (body: string) =>
  (GPGSIG.exec(body)?.[0] ?? '').slice('gpgsig '.length).replaceAll('\n ', '\n');

const MISSING: readonly Attack[] = (
  [
    ['an event', onEvent(unsigned)],
    ["a version's commit", onVersion(unsigned)],
    ["an approval's tag", onTag((body) => body.replace(ARMOR, ''))],
  ] as const
).map(([what, carryOut]) => ({
  code: 'signature/missing',
  by: 'insider',
  title: `leaves the signature off ${what}`,
  carryOut,
  expected: ['signature/missing@10'],
  unchanged: ['deployments'],
}));

const INVALID: readonly Attack[] = (
  [
    [
      'signs an event for another purpose than git',
      onEvent(async (body, h) => {
        const payload = body.replace(GPGSIG, '');
        return withSignature(body, await armorOf(h, h.dee, payload, 'file'));
      }),
    ],
    [
      'puts the signature of another event on one',
      onEvent(async (body, h) => withSignature(body, blockOf(await bodyOf(h, `${LEDGER}^`)))),
    ],
    [
      'signs an event in a way that this verifier cannot judge',
      onEvent((body) =>
        withSignature(body, '-----BEGIN SIGNED MESSAGE-----\nMIIB\n-----END SIGNED MESSAGE-----\n'),
      ),
    ],
    ['dates an event anew', onEvent((body) => body.replace(/^(author .*>) \d+/m, '$1 1700000000'))],
    [
      "alters the message of a version's commit",
      onVersion((body) => body.replace('\n\nMine\n', '\n\nOurs\n')),
    ],
    ['alters what an approval stands for', onTag((body) => body.replace('Read it', 'Seen it'), 'Seen it')],
  ] as const
).map(([title, carryOut]) => ({
  code: 'signature/invalid',
  by: 'insider',
  title,
  carryOut,
  expected: ['signature/invalid@10'],
  unchanged: ['deployments'],
}));

const AMBIGUOUS: readonly Attack[] = (
  [
    [
      'an event with two signature headers',
      onEvent((body) => withHeader(body, header('gpgsig', blockOf(body)))),
    ],
    [
      'an event with a header for either object format',
      onEvent((body) => withHeader(body, header('gpgsig-sha256', blockOf(body)))),
    ],
    [
      "an event with the other object format's header",
      onEvent((body) => body.replace(/^gpgsig /m, 'gpgsig-sha256 ')),
    ],
    [
      'an event with a header that git leaves out of what is signed',
      onEvent((body) => withHeader(body, 'gpgsig-note approved by Bob and Carol\n')),
    ],
    [
      'an event with two armors in one header',
      onEvent((body) => withSignature(body, blockOf(body).repeat(2))),
    ],
    [
      'an event with text behind its armor',
      onEvent((body) => withSignature(body, `${blockOf(body)}approved by Bob\n`)),
    ],
    [
      'an event with text before its armor',
      onEvent((body) => withSignature(body, `approved by Bob\n${blockOf(body)}`)),
    ],
    [
      "a version's commit with a header that git leaves out of what is signed",
      onVersion((body) => withHeader(body, 'gpgsig-note approved by Bob\n')),
    ],
    ['a tag with text behind its signature', onTag((body) => `${body}And for every later version.\n`)],
  ] as const
).map(([what, carryOut]) => ({
  code: 'signature/ambiguous',
  by: 'insider',
  title: `makes ${what}`,
  carryOut,
  expected: ['signature/ambiguous@10'],
  unchanged: ['deployments'],
}));

export const SIGNATURE_ATTACKS: readonly Attack[] = [
  ...MISSING,
  ...INVALID,
  ...AMBIGUOUS,
  {
    code: 'signature/invalid',
    by: 'outsider',
    title: 'alters what a signed event says',
    carryOut: onEvent((body) => body.replace('Reference: CAB-1', 'Reference: CAB-2')),
    expected: ['ledger/tree@10', 'signature/invalid@10'],
    unchanged: ['deployments'],
  },
  {
    code: 'signature/ambiguous',
    by: 'insider',
    title: 'makes a tag with two signatures, the second over the first',
    carryOut: onTag(async (body, h) => `${body}${await armorOf(h, h.carol, body)}`),
    // git takes all before the last signature for the message, and that is not what the event says
    expected: ['approval/tag-mismatch@10', 'signature/ambiguous@10'],
    unchanged: ['deployments'],
  },
];
