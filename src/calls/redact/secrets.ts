import type { Span } from './span.ts';

const PRESET = '@secretlint/secretlint-rule-preset-recommend';
const RULE = '@secretlint/secretlint-rule-';

/** The library obeys comments that switch it off. Whoever writes a prompt must not be able to say that there is nothing to see. */
const COMMENT = /secretlint-((?:dis|en)able)/g;

/** Shorter ones are no secret but a part of what the library says about it. */
const LEAST_SECRET = 6;

/** Finds secrets in a text. */
export type SecretDetector = (text: string) => Promise<readonly Span[]>;

/** What the library's rules do not know, or pass over as an example that somebody published. Each begins in a way of its own. */
const OTHERS: readonly { readonly rule: string; readonly pattern: RegExp }[] = [
  { rule: 'secret/aws', pattern: /\b(?:AKIA|ASIA|AGPA|AIDA|AROA|AIPA|ANPA|ANVA)[A-Z0-9]{16}\b/g },
  { rule: 'secret/google', pattern: /\bAIza[\w-]{35}/g },
  { rule: 'secret/google', pattern: /\bya29\.[\w-]{20,500}/g },
  { rule: 'secret/stripe', pattern: /\b(?:sk|rk|whsec)_(?:live_|test_)?[0-9A-Za-z]{20,250}/g },
  { rule: 'secret/openai', pattern: /\bsk-(?:proj|svcacct|admin)-[\w-]{20,300}/g },
  { rule: 'secret/gitlab', pattern: /\bgl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|soat)-[\w-]{20,300}/g },
  { rule: 'secret/huggingface', pattern: /\bhf_[A-Za-z0-9]{30,60}/g },
  // RFC 3986, section 3.2.1: also where the library takes the name for a placeholder.
  {
    rule: 'secret/basicauth',
    pattern: /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/?#@:"'<>]{0,100}:[^\s/?#@"'<>]{1,200}(?=@)/gi,
  },
  // RFC 7519, section 3: a header and claims that begin with `{"`, a signature.
  { rule: 'secret/jwt', pattern: /\beyJ[\w-]{5,4000}\.eyJ[\w-]{5,8000}\.[\w-]{0,2000}/g },
  { rule: 'secret/bearer', pattern: /(?<=\b[Bb]earer[ \t]{1,4})[\w.~+/-]{16,4000}={0,2}/g },
  // RFC 7468, section 2, and the headers of RFC 1421, section 4.4; also one whose end is missing.
  {
    rule: 'secret/privatekey',
    pattern:
      /-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----\s{0,4}(?:[A-Za-z-]{1,40}: [^\n]{0,200}\n){0,5}[A-Za-z0-9+/=\s]{0,20000}(?:-----END [A-Z0-9 ]{0,40}-----)?/g,
  },
];

/** Loads secretlint, some 50 ms. It reads no file and asks no server. */
export async function secretDetector(): Promise<SecretDetector> {
  const [{ lintSource }, { secretLintProfiler }, { creator }] = await Promise.all([
    import('@secretlint/core'),
    import('@secretlint/profiler'),
    import('@secretlint/secretlint-rule-preset-recommend'),
  ]);
  // It keeps some forty marks of every text for ever, and goes through them all at each: made for programs that end soon.
  secretLintProfiler.mark = () => {};
  const config = {
    rules: [
      {
        id: PRESET,
        rule: creator,
        rules: [{ id: `${RULE}aws`, options: { enableIDScanRule: true } }],
      },
    ],
  };
  return async (given) => {
    const text = given.replace(COMMENT, 'secretlint_$1');
    const source = { content: text, filePath: 'content', ext: '', contentType: 'text' } as const;
    const { messages } = await lintSource({ source, options: { noPhysicFilePath: true, config } });
    const spans = messages.flatMap(({ ruleId, range, data }) =>
      spansOf(text, `secret/${ruleId.replace(RULE, '')}`, range, data),
    );
    return [...spans, ...others(text)];
  };
}

/**
 * Where a secret is that the library found. Some of its rules give a range that begins before the secret and has the
 * secret's length, so what they say the secret is counts first, where it stands next.
 */
function spansOf(
  text: string,
  rule: string,
  [start, end]: readonly [number, number],
  data: unknown,
): readonly Span[] {
  const spans: Span[] = [];
  for (const secret of Object.values(typeof data === 'object' && data !== null ? data : {})) {
    if (typeof secret !== 'string' || secret.length < LEAST_SECRET) continue;
    const at = text.indexOf(secret, start);
    if (at >= 0) spans.push({ start: at, end: at + secret.length, rule });
  }
  const whole = spans.some((span) => span.end - span.start >= end - start);
  return whole ? spans : [...spans, { start, end, rule }];
}

function others(text: string): readonly Span[] {
  return OTHERS.flatMap(({ rule, pattern }) =>
    Array.from(text.matchAll(pattern), ({ 0: found, index }) => ({
      start: index,
      end: index + found.length,
      rule,
    })),
  );
}
