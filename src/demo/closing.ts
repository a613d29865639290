import { join } from 'node:path';
import { hang, paint, span, wrapText } from '../report/layout.ts';
import type { Page } from '../report/style.ts';
import { PEOPLE } from './ground.ts';
import { REPO, TAMPERED } from './story.ts';
import { shellWords } from './words.ts';

const PERSON = 'alice';

/**
 * What is in the folder, and what to try there.
 * @param shown the folder, from where the reader is
 * @param program how promptaudit is started here
 */
export function closingText(shown: string, program: string, page: Page): string {
  const { style, width } = page;
  const here: readonly (readonly [string, string])[] = [
    [`${REPO}/`, 'the registry: an ordinary git repository'],
    [`${TAMPERED}/`, 'the clone that Mallory tampered with'],
    [`${PEOPLE}/`, "everybody's throwaway key, and a file that makes a shell theirs"],
  ];
  const tries: readonly (readonly [string, string])[] = [
    [`${program} log -n 5`, 'what happened last'],
    [`${program} diff clinical-intake 10 12`, 'what the gentler tone left'],
    ['git log --notes=promptaudit --show-signature', 'the same facts by git alone'],
    [`${program} whoami`, 'who you are now, and your roles'],
    [`${program} -C ../${TAMPERED} doctor --repair`, 'put the deleted approval back'],
    [`${program} calls --help`, 'LLM calls, on the same record'],
  ];
  const become = shellWords(['.', join(shown, PEOPLE, `${PERSON}.sh`)]);
  const enter = shellWords(['cd', join(shown, REPO)]);
  const wide = Math.max(...tries.map(([command]) => command.length));
  const lines = [
    '',
    paint([span(`What is in ${shown}`, style.strong)]),
    ...here.flatMap(([name, what]) =>
      hang([span(`  ${name.padEnd(11)}`, style.accent)], [span(what)], width),
    ),
    '',
    paint([span('Look round', style.strong)]),
    ...wrapText(
      "Two lines make a shell Alice's and take it to the registry; they change no configuration. Then try what you like:",
      width,
    ),
    '',
    paint([span('  '), span(become, style.accent)]),
    paint([span('  '), span(enter, style.accent)]),
    '',
    ...tries.flatMap(([command, why]) =>
      hang([span('  '), span(command.padEnd(wide), style.accent), span('  ')], [span(why, style.dim)], width),
    ),
  ];
  return lines.map((line) => `${line}\n`).join('');
}
