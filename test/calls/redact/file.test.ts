import { describe, expect, it } from 'vitest';
import { parseRedactionFile } from '../../../src/calls/redact/file.ts';

const parse = (text: string) => parseRedactionFile(Buffer.from(text));
const SCHEMA = 'schema: promptaudit/redaction@1\n';

describe('a file of redaction rules', () => {
  it('is read', () => {
    const text = `${SCHEMA}secrets: true
pii: [email, phone]
regions: [US, GB]
paths: ["messages[*].content.ssn", "**.password"]
patterns:
  - { name: patient-number, pattern: "\\\\bP-[0-9]{6}\\\\b" }
`;
    expect(parse(text)).toEqual({
      options: {
        secrets: true,
        pii: ['email', 'phone'],
        regions: ['US', 'GB'],
        paths: ['messages[*].content.ssn', '**.password'],
        patterns: [{ name: 'patient-number', pattern: '\\bP-[0-9]{6}\\b' }],
      },
    });
  });

  it('may be JSON, and say nothing', () => {
    expect(parse('{"schema": "promptaudit/redaction@1"}')).toEqual({ options: {} });
  });

  it.each([
    ['', ['the file: expected Object, not "null"']],
    ['secrets: true', ['schema: it is missing, expected "schema"']],
    [
      'schema: promptaudit/redaction@2',
      ['schema: expected "promptaudit/redaction@1", not "\\"promptaudit/redaction@2\\""'],
    ],
    [`${SCHEMA}secret: true`, ['secret: "secret" is no key of a file of redaction rules']],
    [
      `${SCHEMA}secrets: 1\npatterns: [{name: a, pattern: ""}, {name: b}]`,
      [
        'secrets: expected boolean, not "1"',
        'patterns[0].pattern: it is empty',
        'patterns[1].pattern: it is missing, expected "pattern"',
      ],
    ],
    [
      `${SCHEMA}pii: [fax]\nregions: [us]\npaths: ["a..b"]\npatterns: [{name: a, pattern: "("}]`,
      [
        'pii[0]: "fax" is none of email, phone, credit-card, iban, ip-address, mac-address, us-ssn, uk-nino, nhs-number',
        'paths[0]: "a..b" is no key path such as messages[*].content.ssn or **.password',
        'patterns[0].pattern: "(" is no regular expression: Unterminated group',
        'regions[0]: "us" is no country code such as US',
      ],
    ],
  ])('%j has problems, each with its place', (text, problems) => {
    expect(parse(text)).toEqual({ problems });
  });

  it.each([
    ['a tab', 'a:\n\t- b'],
    ['keys twice', `${SCHEMA}secrets: true\nsecrets: false`],
    ['a second document', `${SCHEMA}---\nsecrets: true\n`],
    ['an alias bomb', `a: &a [x,x]\nb: &b [*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c]`],
    ['deep nesting', '['.repeat(20_000)],
    ['too much', 'a'.repeat(300_000)],
  ])('with %s is refused', (_, text) => {
    expect(parse(text)).toHaveProperty('problems');
  });

  it('that is no UTF-8 is refused', () => {
    expect(parseRedactionFile(Uint8Array.of(0xff, 0xfe, 0x00))).toHaveProperty('problems');
  });
});
