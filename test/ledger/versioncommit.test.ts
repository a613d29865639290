import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../src/failure.ts';
import type { Sha256 } from '../../src/ledger/event.ts';
import { decodeVersionCommit, encodeVersionCommit } from '../../src/ledger/versioncommit.ts';
import type { PromptName } from '../../src/prompts/name.ts';
import { sandbox } from '../helpers/sandbox.ts';
import { prompt as anyPrompt, digest, reason } from './arbitraries.ts';

const prompt = 'clinical-intake' as PromptName;
const contentDigest = `sha256:${'ab12'.repeat(16)}` as Sha256;
const OURS = `Prompt: clinical-intake\nContent-Digest: ${contentDigest}\n`;

describe('encodeVersionCommit', () => {
  it.each([
    ['a subject', 'Ask for allergies first', `Ask for allergies first\n\n${OURS}`],
    ['a subject that looks like a trailer', 'fix: allergies', `fix: allergies\n\n${OURS}`],
    ['a body', 'Ask\n\nBecause.\n\nTwice.', `Ask\n\nBecause.\n\nTwice.\n\n${OURS}`],
    ['a subject of two lines', 'Ask\nfor more', `Ask\nfor more\n\n${OURS}`],
    ['trailers', 'Ask\n\nCo-authored-by: B <b@x>', `Ask\n\nCo-authored-by: B <b@x>\n${OURS}`],
    ['prose with a colon in it', 'Ask\n\nNote: x\nand more.', `Ask\n\nNote: x\nand more.\n\n${OURS}`],
  ])('%s', (_what, message, expected) => {
    expect(encodeVersionCommit({ message, prompt, contentDigest })).toBe(expected);
  });

  it('refuses a message that claims what only the ledger may', () => {
    for (const message of ['', 'x\n\nPrompt: other', 'a\u202eb', 'a ']) {
      expect(() => encodeVersionCommit({ message, prompt, contentDigest })).toThrow(Failure);
    }
  });

  it('writes trailers that git reads, the author’s own among them', async () => {
    const { git } = await sandbox();
    const message = 'Ask\n\nWhy.\n\nCo-authored-by: Bo <b@x.example>';
    const input = encodeVersionCommit({ message, prompt, contentDigest });
    expect(await git(['interpret-trailers', '--parse', '--no-divider'], { input })).toBe(
      `Co-authored-by: Bo <b@x.example>\n${OURS}`,
    );
  });
});

describe('decodeVersionCommit', () => {
  it('reads what was written', () => {
    fc.assert(
      fc.property(reason, anyPrompt, digest, (message, name, content) => {
        const fields = { message, prompt: name as PromptName, contentDigest: content };
        const read = decodeVersionCommit(Buffer.from(encodeVersionCommit(fields)));
        expect(read).toEqual({ prompt: name, contentDigest: content });
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['other trailers around', `Ask\n\nFixes: #1\n${OURS}Signed-off-by: A <a@x>\n`],
    ['an earlier paragraph that says otherwise', `Ask\n\nPrompt: other\n\n${OURS}`],
  ])('takes the last paragraph, with %s', (_what, text) => {
    expect(decodeVersionCommit(text)).toEqual({ prompt, contentDigest });
  });

  it.each([
    ['nothing', ''],
    ['no trailers', 'Ask\n'],
    ['one of the two', 'Ask\n\nPrompt: clinical-intake\n'],
    ['a prompt twice', `Ask\n\nPrompt: clinical-intake\n${OURS}`],
    ['prose in the paragraph', `Ask\n\nbecause\n${OURS}`],
    ['another paragraph after', `Ask\n\n${OURS}\nmore\n`],
    ['no line feed at the end', `Ask\n\n${OURS}`.slice(0, -1)],
    ['a prompt that is none', `Ask\n\n${OURS.replace('clinical-intake', 'Clinical')}`],
    ['a digest that is none', `Ask\n\n${OURS.replace('ab12', 'AB12')}`],
  ])('answers nothing for %s', (_what, text) => {
    expect(decodeVersionCommit(text)).toBeUndefined();
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(decodeVersionCommit(bytes)).toBeUndefined();
      }),
    );
  });
});
