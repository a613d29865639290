import fc from 'fast-check';
import { stringify } from 'yaml';

/** Text with what makes YAML hard: line ends, indentation, quotes, signs that begin something, spaces at the ends. */
export const hardText = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '\n',
        '\n\n',
        ' ',
        '  ',
        '\t',
        '# ',
        ': ',
        '- ',
        '"',
        "'",
        '|',
        '>',
        '{{name}}',
        '{',
        '}',
        '...',
        '---',
      ),
      fc.constantFrom(
        'word',
        'Äpfel',
        '漢字',
        '🙂',
        'null',
        '12',
        'true',
        '&a',
        '*a',
        '!t',
        '%',
        '@',
        '`',
        '\\',
        'e\u0301',
      ),
    ),
    { maxLength: 12 },
  )
  .map((pieces) => pieces.join(''));

const plainValue = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    hardText,
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.stringMatching(/^[a-z]{1,6}$/), tie('value'), { maxKeys: 3 }),
  ),
})).value;

const metadata = fc.dictionary(fc.stringMatching(/^[a-z ]{1,6}$/), plainValue, { maxKeys: 3 });

const input = fc.record(
  {
    kind: fc.constantFrom('string', 'number', 'array'),
    description: hardText,
    required: fc.boolean(),
    example: plainValue,
  },
  { requiredKeys: [] },
);

/** What a valid prompt file may say, as a plain object; keys in any order. */
export const promptObject = fc
  .record(
    {
      messages: fc.array(
        fc.record(
          {
            content: hardText,
            role: fc.constantFrom('system', 'user', 'assistant', 'developer'),
            note: plainValue,
          },
          { requiredKeys: ['content', 'role'] },
        ),
        { minLength: 1, maxLength: 4 },
      ),
      zebra: plainValue,
      metadata,
      tags: fc.array(fc.stringMatching(/^[a-z]{1,8}$/), { maxLength: 3 }),
      inputs: fc.dictionary(fc.stringMatching(/^[a-z_]{1,5}$/), input, { maxKeys: 3 }),
      testData: fc.array(metadata, { maxLength: 3 }),
      modelParameters: fc.record(
        {
          temperature: fc.double({ min: 0, max: 2, noNaN: true }),
          max_tokens: fc.integer({ min: 1, max: 9999 }),
        },
        { requiredKeys: [] },
      ),
      model: hardText,
      description: hardText,
    },
    { requiredKeys: ['messages'] },
  )
  .chain((object) =>
    fc.shuffledSubarray(Object.entries(object), { minLength: 0 }).map((some) => withMessages(some, object)),
  );

function withMessages(entries: [string, unknown][], object: { messages: unknown }): Record<string, unknown> {
  return Object.fromEntries([
    ...entries.filter(([key]) => key !== 'messages'),
    ['messages', object.messages],
  ]);
}

/** A valid prompt file in some style. The library that writes it folds through characters now and then: those are left out. */
export const promptText = fc
  .record({
    object: promptObject,
    defaultStringType: fc.constantFrom(
      'PLAIN',
      'QUOTE_DOUBLE',
      'QUOTE_SINGLE',
      'BLOCK_FOLDED',
      'BLOCK_LITERAL',
    ),
    indent: fc.constantFrom(2, 3, 4),
    indentSeq: fc.boolean(),
    lineWidth: fc.constantFrom(0, 20, 80),
    collectionStyle: fc.constantFrom('any', 'block', 'flow'),
  })
  .map(({ object, ...style }) =>
    stringify(object, { ...style, defaultKeyType: 'PLAIN', aliasDuplicateObjects: false }),
  )
  .filter((text) => !/\p{Cs}/u.test(text) && !text.includes('undefined'));
