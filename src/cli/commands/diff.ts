import { Failure } from '../../failure.ts';
import type { EnvironmentName } from '../../policy/model.ts';
import { diffPrompts } from '../../prompts/diff.ts';
import { type PromptName, parsePromptName, promptNameProblem } from '../../prompts/name.ts';
import {
  parsePoint,
  parseReference,
  parseReferenceRange,
  type ReferencePoint,
} from '../../prompts/reference.ts';
import { diffJson, diffText } from '../../report/diff.ts';
import { wrapText } from '../../report/layout.ts';
import type { Run } from '../command.ts';
import { type OpenedTrail, openTrail } from '../opentrail.ts';
import { type PromptSource, parseSource, readSource } from '../promptsource.ts';
import { UsageError } from '../usage.ts';

interface End {
  readonly name: PromptName;
  readonly point: ReferencePoint;
}

export const run: Run<'diff'> = async (context, [ends]) => {
  const [from, to] = endsOf(ends);
  const opened = await openTrail(context);
  await demandEnvironments(opened, [from, to]);
  const before = await readSource(opened, from.name, from.point);
  const after = await readSource(opened, to.name, to.point);
  const diff = diffPrompts(parseSource(before), parseSource(after));
  const same = diff.status === 'same';
  await context.answer(
    () => diffJson(titleOf(before), titleOf(after), diff),
    (page) =>
      `${wrapText(`${titleOf(before)} → ${titleOf(after)}`, page.width).join('\n')}\n${same ? 'No change in meaning.\n' : `\n${diffText(diff, page)}`}`,
  );
  return same ? 0 : 1;
};

function titleOf({ name, label }: PromptSource): string {
  return `${name} ${label}`;
}

/** Behind a name, a second one would be read as an environment that the policy does not have. */
async function demandEnvironments({ trail }: OpenedTrail, ends: readonly End[]): Promise<void> {
  for (const { name, point } of ends) {
    if (point.kind !== 'environment') continue;
    const { environment } = point;
    if (trail.policy.policy.environments.has(environment as EnvironmentName)) continue;
    const prompt = parsePromptName(environment);
    if (prompt === undefined || (await trail.prompt(prompt)) === undefined) continue;
    const command = `promptaudit diff ${name}@latest ${prompt}@latest`;
    throw new Failure(`${prompt} is a prompt, not an environment: to compare two prompts, run ${command}`);
  }
}

/** `name`, `name A`, `name A B`, `name A..B`, `name@A..B`, or two references. One end alone is compared with the draft. */
function endsOf(words: readonly string[]): readonly [End, End] {
  const [first = '', second, third, ...more] = words;
  if (more.length > 0)
    throw new UsageError('diff takes two ends at the most: promptaudit diff <name> <from> <to>');
  if (third !== undefined) {
    const problem = promptNameProblem(first);
    if (problem !== undefined) throw new UsageError(`the name ${JSON.stringify(first)} ${problem}`);
    const name = first as PromptName;
    return [
      { name, point: parsePoint(second ?? '') },
      { name, point: parsePoint(third) },
    ];
  }
  const range = parseReferenceRange(second === undefined ? first : `${first}@${second}`);
  if (range !== undefined) {
    return [
      { name: range.name, point: range.from },
      { name: range.name, point: range.to },
    ];
  }
  if (second !== undefined) return twoReferences(first, second);
  const { name, ...point } = parseReference(first);
  return [{ name, point }, draftOf(name)];
}

function draftOf(name: PromptName): End {
  return { name, point: { kind: 'draft' } };
}

function twoReferences(first: string, second: string): readonly [End, End] {
  const { name, ...point } = parseReference(first);
  if (!second.includes('@')) {
    const end = { name, point: parsePoint(second) };
    return point.kind === 'latest' && point.implied ? [end, draftOf(name)] : [{ name, point }, end];
  }
  const { name: other, ...otherPoint } = parseReference(second);
  return [
    { name, point },
    { name: other, point: otherPoint },
  ];
}
