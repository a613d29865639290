import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RedactionOptions } from '../../../src/calls/redact/options.ts';
import * as source from '../../../src/calls/redact/redactor.ts';
import { builtBin } from '../../helpers/built.ts';
import { codePoint } from '../../helpers/codepoints.ts';

/** Only the built package can start threads. */
type Module = typeof source;
let built: Module;
const opened: source.Redactor[] = [];

async function open(options: RedactionOptions, settings?: source.RedactorSettings): Promise<source.Redactor> {
  const redactor = await built.openRedactor(options, settings);
  opened.push(redactor);
  return redactor;
}

let all: source.Redactor;
beforeAll(async () => {
  built = await import(pathToFileURL(join(builtBin(), '../../dist/calls/redact/redactor.js')).href);
  all = await open({});
});
afterAll(() => Promise.all(opened.map((redactor) => redactor.close())));

/** Made up, in the shapes that their issuers publish. Put together here, so that no scanner takes this file for a leak. */
const SECRETS: readonly (readonly [rule: string, text: string, secret: string])[] = [
  ['secret/aws', 'AKIA~QWERTYUIOPASDFGH', ''],
  ['secret/aws', 'the example AKIA~IOSFODNN7EXAMPLE', 'AKIA~IOSFODNN7EXAMPLE'],
  [
    'secret/aws',
    'aws_secret_access_key = "wJalrXUtn~FEMI/K7MDENG/bPxRfiCYEXAMPLEKEZ"',
    'wJalrXUtn~FEMI/K7MDENG/bPxRfiCYEXAMPLEKEZ',
  ],
  ['secret/github', 'ghp_~wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx', ''],
  ['secret/slack', 'xoxb-~123456789012-1234567890123-abcdefghijklmnopqrstuvwx', ''],
  ['secret/npm', 'npm_~abcdefghijklmnopqrstuvwxyz0123456789', ''],
  ['secret/anthropic', `sk-ant-~api03-${'aB3'.repeat(31)}AA`, ''],
  ['secret/openai', `sk-proj-~${'Ab1_'.repeat(20)}`, ''],
  ['secret/stripe', 'sk_live_~4eC39HqLyjWDarjtT1zdp7dc', ''],
  ['secret/google', 'AIza~SyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY', ''],
  ['secret/jwt', 'eyJhbGciOiJIUzI1NiJ9.~eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N', ''],
  ['secret/bearer', 'Authorization: Bearer ~0123456789abcdef0123', '0123456789abcdef0123'],
  ['secret/basicauth', 'https://bob:~hunter2hunter2@example.com/', 'hunter2hunter2'],
  ['secret/database-connection-string', 'postgres://u:~pa55word@db.example.com:5432/x', 'pa55word'],
  [
    'secret/privatekey',
    `-----BEGIN RSA ~PRIVATE KEY-----\n${'MIIEpAIBAAKC\n'.repeat(9)}-----END RSA PRIVATE KEY-----`,
    'MIIE',
  ],
  ['secret/privatekey', `-----BEGIN ~PRIVATE KEY-----\n${'MIIEpAIBAAKC\n'.repeat(9)}`, 'MIIE'],
];

const PII: readonly (readonly [rule: string, text: string])[] = [
  ['pii/email', "bob.o'hara+x@mail.example.co.uk"],
  ['pii/email', 'josé@bücher.example'],
  ['pii/phone', '+44 20 7946 0958'],
  ['pii/phone', '+1-555-123-4567'],
  ['pii/phone', '(415) 555-0132'],
  ['pii/phone', '4155550132'],
  ['pii/credit-card', '4111 1111 1111 1111'],
  ['pii/credit-card', '378282246310005'],
  ['pii/iban', 'GB29 NWBK 6016 1331 9268 19'],
  ['pii/iban', 'DE89370400440532013000'],
  ['pii/ip-address', '192.168.10.12'],
  ['pii/ip-address', '2001:db8:85a3::8a2e:370:7334'],
  ['pii/mac-address', '00:1A:2B:3C:4D:5E'],
  ['pii/us-ssn', '123-45-6789'],
  ['pii/uk-nino', 'AB 12 34 56 C'],
  ['pii/nhs-number', '943 476 5919'],
];

const joined = (text: string): string => text.replace('~', '');

describe('secrets', () => {
  it.each(SECRETS)('%s is taken out of %s', async (rule, marked, part) => {
    const text = joined(marked);
    const secret = part === '' ? text : joined(part);
    for (const carrier of [text, `so ${text} there`, JSON.stringify([{ content: `a\n${text}` }])]) {
      const { text: redacted, fired } = await all.redact(carrier);
      expect(redacted).not.toContain(secret);
      expect(redacted).toContain(`[redacted:${rule}]`);
      expect(fired.map((one) => one.rule)).toContain(rule);
    }
  });

  it('are found by the key that they stand under', async () => {
    const secret = joined('wJalrXUtn~FEMI/K7MDENG/bPxRfiCYEXAMPLEKEZ');
    const { text } = await all.redact(JSON.stringify({ aws_secret_access_key: secret }));
    expect(text).toBe('{"aws_secret_access_key":"[redacted:secret/aws]"}');
  });

  it.each(['<!-- secretlint-disable -->', '// secretlint-disable', '# secretlint-disable-next-line'])(
    'are found behind %s',
    async (comment) => {
      const { text } = await all.redact(`${comment}\n${joined('ghp_~wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx')}`);
      expect(text).toBe(`${comment}\n[redacted:secret/github]`);
    },
  );

  it('are left alone where that is asked for', async () => {
    const text = joined('ghp_~wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx');
    const redactor = await open({ secrets: false });
    expect(await redactor.redact(text)).toEqual({ text, fired: [] });
  });
});

describe('personal data', () => {
  it.each(PII)('%s is taken out: %s', async (rule, data) => {
    for (const around of [
      (inside: string) => inside,
      (inside: string) => `x ${inside}, and "${inside}".`,
      (inside: string) => JSON.stringify({ messages: [`said\n${inside}\ttoo`] }),
      // A piece of JSON that is not whole.
      (inside: string) => `{"content":"said\\n${inside}\\n`,
    ]) {
      const { text, fired } = await all.redact(around(data));
      expect(text).not.toContain(data);
      expect(text).not.toContain(data.slice(2));
      expect(fired.map((one) => one.rule)).toContain(rule);
    }
  });

  it.each([
    'on 2026-11-21 10:11:12 or 21.11.2026',
    'at 1763719872123 ms, 812 tokens, v1.2.3, 10:11:12',
    'std::vector<int> a::b, 5:4:3',
    'order 4111 1111 1111 1112 of 6f0c1b0e-5a57-4c7e-9d07-0c7d3b0f4a11',
    'me @home, a@b, @types/node@20',
    '000-12-3456 and 123-00-4567',
    'DE89370400440532013001',
    'a temperature of 0.7 and a cost of 0.00123',
  ])('is not seen in: %s', async (text) => {
    expect(await all.redact(text)).toEqual({ text, fired: [] });
  });

  it('is counted, with overlaps as one place', async () => {
    const { text, fired } = await all.redact('a@b.example c@d.example https://user:p4ssw0rd@e.example/');
    expect(text).toBe('[redacted:pii/email] [redacted:pii/email] [redacted:secret/basicauth]/');
    expect(fired).toEqual([
      { rule: 'pii/email', count: 3 },
      { rule: 'secret/basicauth', count: 1 },
    ]);
  });

  it('is looked for by kind, and in the phone numbers of a country', async () => {
    const redactor = await open({ pii: ['phone'], regions: ['GB'] });
    const { text } = await redactor.redact('bob@example.com 020 7946 0958 (415) 555-0132');
    expect(text).toBe('bob@example.com [redacted:pii/phone] (415) 555-0132');
  });
});

describe('key paths', () => {
  it('reach into lists, and into JSON within strings', async () => {
    const redactor = await open({ secrets: false, pii: false, paths: ['[*].content.ssn', '**.password'] });
    const inner = '{ "password": {"old": ["x"]}, "n": 1.0 }';
    const text = `[ {"content": {"ssn": 12, "name": "Bob"}, "ssn": 34},\n {"arguments": ${JSON.stringify(inner)}} ]`;
    const kept = '{ "password": "[redacted:path/password]", "n": 1.0 }';
    expect(await redactor.redact(text)).toEqual({
      text: `[ {"content": {"ssn": "[redacted:path/content-ssn]", "name": "Bob"}, "ssn": 34},\n {"arguments": ${JSON.stringify(kept)}} ]`,
      fired: [
        { rule: 'path/content-ssn', count: 1 },
        { rule: 'path/password', count: 1 },
      ],
    });
  });
});

describe('own patterns', () => {
  it('take out what they match', async () => {
    const redactor = await open({ patterns: [{ name: 'patient', pattern: String.raw`\bP-\p{Nd}{6}\b` }] });
    const { text, fired } = await redactor.redact('{"id":"P-123456","also":["P-1234567"]}');
    expect(text).toBe('{"id":"[redacted:own/patient]","also":["P-1234567"]}');
    expect(fired).toEqual([{ rule: 'own/patient', count: 1 }]);
  });

  it('cannot hold anything up: what takes too long is not kept, what comes next is', async () => {
    const patterns = [{ name: 'evil', pattern: '^(a+)+$' }];
    const redactor = await open({ patterns }, { timeLimit: 1000 });
    const texts = ['bob@example.com', `${'a'.repeat(50)}b`, 'carol@example.com'];
    expect(await Promise.all(texts.map((text) => redactor.redact(text)))).toEqual([
      { text: '[redacted:pii/email]', fired: [{ rule: 'pii/email', count: 1 }] },
      { text: '', fired: [{ rule: 'redaction-failed', count: 1 }] },
      { text: '[redacted:pii/email]', fired: [{ rule: 'pii/email', count: 1 }] },
    ]);
  });
});

describe('a redactor', () => {
  it('keeps nothing of what it cannot look through', async () => {
    const { text, fired } = await all.redact('a'.repeat(8 * 1024 ** 2 + 1));
    expect([text, fired]).toEqual(['', [{ rule: 'redaction-failed', count: 1 }]]);
  });

  it('keeps nothing once it is closed', async () => {
    const redactor = await open({});
    await redactor.close();
    expect((await redactor.redact('text')).fired).toEqual([{ rule: 'redaction-failed', count: 1 }]);
  });

  it('says all that is wrong with its options', async () => {
    const options = {
      pii: ['phone', 'fax'],
      paths: ['a..b'],
      patterns: [
        { name: 'A', pattern: '(' },
        { name: 'b', pattern: 'x*' },
      ],
    };
    await expect(source.openRedactor(options)).rejects.toThrow(
      /"fax" is none of .*; "a\.\.b" is no key path.*; "A" is no name.*; "\(" is no regular expression: Unterminated group; "x\*" matches where there is nothing/,
    );
    await expect(source.openRedactor({ regions: ['ZZ'] })).rejects.toThrow(
      'no phone numbers are known of ZZ',
    );
  });

  it('does the same without a thread', async () => {
    const redactor = await source.openRedactor({});
    expect(await redactor.redact('bob@example.com')).toEqual(await all.redact('bob@example.com'));
    await redactor.close();
  });

  it('holds on to nothing of the texts that it has seen', async () => {
    const redactor = await source.openRedactor({});
    await redactor.redact('bob@example.com');
    expect(performance.getEntriesByType('mark')).toEqual([]);
    await redactor.close();
  });

  it('leaves a text alone in which there is nothing, byte by byte', async () => {
    const quiet = await open({ secrets: false, pii: false, paths: ['**.never'] });
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string({ unit: codePoint }), fc.json({ maxDepth: 2 })), async (text) => {
        expect(await quiet.redact(text)).toEqual({ text, fired: [] });
      }),
      { numRuns: 100 },
    );
  });

  it('answers JSON for JSON, without the address that was in it', async () => {
    const words = fc.oneof(fc.string(), fc.constant('\nbob@example.com '), fc.constant('"4111111111111111"'));
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 4 },
        words,
        fc.integer(),
        fc.array(tie('any'), { maxLength: 3 }),
        fc.dictionary(words, tie('any'), { maxKeys: 3 }),
        tie('any').map((inside) => JSON.stringify(inside)),
      ),
    })).any;
    await fc.assert(
      fc.asyncProperty(value, async (inside) => {
        const { text } = await all.redact(JSON.stringify([inside]));
        expect(() => JSON.parse(text)).not.toThrow();
        expect(text).not.toMatch(/bob@example\.com|4111111111111111/);
      }),
      { numRuns: 100 },
    );
  });

  it.each([
    'a',
    '1',
    '1 ',
    '1234 ',
    '@',
    'a@a.',
    '+1 ',
    'GB29 ',
    '1:',
    '"',
    '\\',
    '[',
    'eyJ',
    '-----BEGIN PRIVATE KEY-----\n',
    joined('ghp_~wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx '),
  ])('gets through a hundred thousand characters of %j', async (piece) => {
    const { fired } = await all.redact(piece.repeat(100_000 / piece.length));
    expect(fired).not.toContainEqual({ rule: 'redaction-failed', count: 1 });
  });
});
