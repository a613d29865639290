import { describe, expect, test } from 'vitest';
import { readGitlabEntry } from '../../../src/report/pipeline/gitlabentry.ts';

const PATH = '.gitlab/promptaudit.gitlab-ci.yml';

describe('a .gitlab-ci.yml that is there already', () => {
  test.each([
    ['a path', `include: ${PATH}`],
    ['a path from the top', `include: /${PATH}`],
    ['a map', `include:\n  local: ${PATH}`],
    [
      'one of many',
      `include:\n  - remote: https://example.com/x.yml\n  - local: /${PATH}\nx: !reference [a, b]`,
    ],
    ['one path of many', `include: [a.yml, ${PATH}]`],
    ['a second document', `spec:\n  inputs: {}\n---\ninclude: ${PATH}`],
  ])('includes ours by %s', (_, text) => {
    expect(readGitlabEntry(text).includes).toBe(true);
  });

  test.each([
    ['nothing', ''],
    ['another file', 'include: .gitlab/other.yml'],
    ['it in a comment', `# include: ${PATH}`],
    ['another project’s', `include:\n  - project: a/b\n    file: ${PATH}`],
    ['no YAML', 'include: [\n"'],
    ['a list', `- include: ${PATH}`],
    ['too many aliases', bomb()],
  ])('does not include ours by %s', (_, text) => {
    expect(readGitlabEntry(text).includes).toBe(false);
  });

  test.each([
    ['stages: [build, test, deploy]', []],
    ['stages: [build, verify]', ['test', 'deploy']],
    ['stages:\n  - test', ['deploy']],
    ['job:\n  script: x', []],
  ])('%s lacks %j', (text, lacking) => {
    expect(readGitlabEntry(text).lackingStages).toEqual(lacking);
  });
});

function bomb(): string {
  const lines = ['a0: &a0 [x]'];
  for (let n = 1; n < 30; n++)
    lines.push(
      `a${n}: &a${n} [${Array(9)
        .fill(`*a${n - 1}`)
        .join(', ')}]`,
    );
  return lines.join('\n');
}
