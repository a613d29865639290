import { Buffer } from 'node:buffer';
import { Failure } from '../failure.ts';
import { POLICY_PATH } from '../policy/names.ts';
import type { Example } from './example.ts';
import { type CommandStep, type Deed, dateOf, type Moment, type Scene, type Step } from './model.ts';
import { shellWords } from './words.ts';

/** Folders of the demo. */
export const REPO = 'repo';
export const TAMPERED = 'tampered';

const PATH = 'prompts/clinical-intake.prompt.yml';

/** Three weeks of a clinic's prompts, up to yesterday; then an auditor's questions, and a cover-up. */
export function storyOf(example: Example, policy: string, now: Date): readonly Scene[] {
  return [
    founding(example, policy),
    firstVersions(example),
    refusal(),
    growth(example),
    weakening(example),
    question(),
    emergency(example),
    audit(now),
    coverUp(),
  ];
}

function founding({ prompts }: Example, policy: string): Scene {
  const at: Moment = [21, '09:00'];
  return {
    title: 'A registry is founded',
    prose:
      "Ada makes a git repository with two prompts in it a registry; they become version 1 of each. Then she puts the team's policy in force: who writes, who approves, who deploys, and with which keys.",
    steps: [
      git('ada', at, { deed: 'init', repo: REPO }),
      ...[...prompts].map(([name, bytes]) => edit('ada', at, `prompts/${name}`, bytes)),
      runs('ada', at, 'init --name acme-clinical --environments staging,production'),
      edit('ada', [21, '09:30'], POLICY_PATH, Buffer.from(policy)),
      runs('ada', [21, '09:35'], 'policy commit -m "Say who writes, approves and deploys"'),
    ],
  };
}

function firstVersions(example: Example): Scene {
  return {
    title: 'Three versions, by two authors',
    prose: `Each commit below follows an edit of ${PATH}. It makes one signed commit on main and one signed event in the ledger. A pipeline deploys to staging, where the policy asks for no approval.`,
    steps: [
      ...version(example, 1, [20, '10:05']),
      ...version(example, 2, [20, '14:40']),
      ...version(example, 3, [19, '09:30']),
      runs('deploy-bot', [19, '09:45'], 'deploy clinical-intake@3 -e staging'),
    ],
  };
}

function refusal(): Scene {
  return {
    title: 'A deployment is refused, then approved',
    prose:
      'Production asks for two approvals of every clinical prompt. A refusal changes nothing, and says what would meet each rule.',
    steps: [
      saysNo('dee', [19, '10:10'], 'deploy clinical-intake@3 -e production'),
      runs('bob', [18, '09:20'], 'approve clinical-intake@3 -m "Reviewed for clinical safety"'),
      runs('carol', [18, '11:00'], 'approve clinical-intake@3 -e production -m "Asks what the clinic needs"'),
      runs('dee', [18, '13:30'], 'deploy clinical-intake@3 -e production --reference CAB-1409'),
    ],
  };
}

function growth(example: Example): Scene {
  return {
    title: 'It grows; versions 8 and 10 go live',
    prose:
      'What is new is tried in staging; what is approved is promoted to production. So is the discharge summary, for which one approval is enough.',
    steps: [
      ...version(example, 4, [17, '09:15']),
      ...version(example, 5, [16, '10:20']),
      ...version(example, 6, [16, '16:45']),
      ...version(example, 7, [15, '11:30']),
      ...version(example, 8, [14, '09:50']),
      runs('deploy-bot', [14, '10:00'], 'deploy clinical-intake@8 -e staging'),
      runs('bob', [14, '15:10'], 'approve clinical-intake@8 -m "All that the safety review asked for"'),
      runs('dan', [13, '09:40'], 'approve clinical-intake@8 -m "Read against the crisis protocol"'),
      runs('dee', [13, '10:00'], 'promote clinical-intake --to production --reference CAB-1418'),
      runs('bob', [13, '14:00'], 'approve discharge-summary@1 -m "Says what the record says"'),
      runs('deploy-bot', [12, '08:30'], 'deploy discharge-summary@1 -e staging'),
      runs('dee', [12, '13:00'], 'promote discharge-summary --to production --reference CAB-1421'),
      ...version(example, 9, [11, '10:30']),
      ...version(example, 10, [10, '09:05']),
      runs('deploy-bot', [10, '09:15'], 'deploy clinical-intake@10 -e staging'),
      runs('bob', [10, '11:25'], 'approve clinical-intake@10 -m "Holds against the injections we tried"'),
      runs('carol', [9, '09:00'], 'approve clinical-intake@10 -m "Reviewed for clinical safety"'),
      runs('dee', [9, '13:15'], 'promote clinical-intake --to production --reference CAB-1427'),
    ],
  };
}

function weakening(example: Example): Scene {
  return {
    title: "Version 11, and an approval of one's own",
    prose:
      'Dan makes the assistant sound less alarming. He may approve what others write, never what he wrote; the two who do approve it look at the tone.',
    steps: [
      ...version(example, 11, [7, '10:10']),
      saysNo('dan', [7, '10:20'], 'approve clinical-intake@11 -m "Gentler, as asked"'),
      runs('deploy-bot', [7, '10:30'], 'deploy clinical-intake@11 -e staging'),
      runs('bob', [7, '15:35'], 'approve clinical-intake@11 -m "Reads more kindly"'),
      runs('carol', [6, '09:10'], 'approve clinical-intake@11 -m "The tone is right for anxious patients"'),
      runs('dee', [6, '13:00'], 'promote clinical-intake --to production --reference CAB-1432'),
    ],
  };
}

function question(): Scene {
  return {
    title: 'Why did the answer change?',
    prose:
      'A patient with chest pain was told to contact a doctor. Dee asks what is live, reads what version 11 changed, and goes back to version 10, whose approvals still stand.',
    steps: [
      runs('dee', [2, '16:20'], 'active -e production'),
      saysNo('dee', [2, '16:22'], 'diff clinical-intake 10 11'),
      runs(
        'dee',
        [2, '16:30'],
        'rollback clinical-intake -e production -m "v11 weakens the advice on red flags" --reference INC-207',
      ),
    ],
  };
}

function emergency(example: Example): Scene {
  return {
    title: 'An emergency, approved afterwards',
    prose:
      'Alice mends it. The night line needs the new wording before the reviewers are back, so Ada deploys it as an emergency: it is shown as one everywhere, and must be approved within 24 hours.',
    steps: [
      ...version(example, 12, [2, '18:05']),
      runs(
        'ada',
        [2, '18:40'],
        'deploy clinical-intake@12 -e production --emergency -m "The night line opens at 19:00 and no reviewer is on duty" --reference INC-207',
      ),
      runs('bob', [1, '08:50'], 'review clinical-intake'),
      runs('bob', [1, '09:05'], 'approve clinical-intake@12 -m "The instruction is back, and tested"'),
      runs('carol', [1, '09:30'], 'approve clinical-intake@12 -m "Reviewed for clinical safety"'),
      runs('deploy-bot', [1, '09:40'], 'deploy clinical-intake@12 -e staging'),
    ],
  };
}

function audit(now: Date): Scene {
  const then = dateOf([4, '12:00'], now).toISOString().slice(0, 10);
  return {
    title: "An auditor's questions",
    prose:
      'No key is needed to ask. What is live, what was live when the patient wrote, who put it there and who allowed it, and which version brought each line? And is all of that true?',
    steps: [
      runs('auditor', 'now', 'active -e production'),
      runs('auditor', 'now', `active -e production --at ${then}`),
      runs('auditor', 'now', 'log clinical-intake --event deployment --env production'),
      { ...runs('auditor', 'now', 'show clinical-intake@11'), cut: [20, 0] },
      { ...runs('auditor', 'now', 'blame clinical-intake@12'), cut: [46, 18] },
      runs('auditor', 'now', 'verify'),
    ],
  };
}

function coverUp(): Scene {
  const text = 'v11 was withdrawn in review and never reached production.';
  const tag = 'promptaudit/clinical-intake/v11/approved/carol@acme.example';
  return {
    title: 'A cover-up',
    prose:
      "Mallory can push, and has nobody's key. In a clone, with stock git and under Dee's name, she writes over the note that says where version 11 has been, and deletes one of its approvals.",
    steps: [
      git('mallory', 'now', { deed: 'clone', repo: REPO, to: TAMPERED }),
      git('mallory', 'now', { deed: 'fetch-ledger', repo: TAMPERED }),
      git('mallory', 'now', { deed: 'note', repo: TAMPERED, back: 1, text }),
      git('mallory', 'now', { deed: 'delete-tag', repo: TAMPERED, tag }),
      { ...saysNo('auditor', 'now', `-C ${TAMPERED} verify`), outside: true },
    ],
  };
}

/** An edit and its commit, by whoever wrote it. */
function version({ versions }: Example, number: number, at: Moment): readonly Step[] {
  const found = versions[number - 1];
  if (found === undefined) throw new Failure('prompts.example is damaged: install promptaudit again');
  const who = found.author.replace(/@.*/, '');
  const message = shellWords(found.message.flatMap((paragraph) => ['-m', paragraph]));
  return [
    { step: 'edit', who, at, path: PATH, bytes: found.bytes, told: false },
    runs(who, at, `commit clinical-intake ${message}`),
  ];
}

function runs(who: string, at: Moment, line: string): CommandStep {
  return { step: 'command', who, at, line, exit: 0, outside: false, cut: undefined };
}

/** The answer is no: refused, a difference, a finding. */
function saysNo(who: string, at: Moment, line: string): CommandStep {
  return { ...runs(who, at, line), exit: 1 };
}

function edit(who: string, at: Moment, path: string, bytes: Uint8Array): Step {
  return { step: 'edit', who, at, path, bytes, told: true };
}

function git(who: string, at: Moment, deed: Deed): Step {
  return { step: 'git', who, at, deed };
}
