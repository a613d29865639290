import { expect, it } from 'vitest';
import { csvRecord } from '../../src/report/csv.ts';

// RFC 4180 section 2 by hand; the quote before a formula is OWASP's advice on CSV injection.
it.each([
  [['a', 1, true, null, 'b'], 'a,1,true,,b\r\n'],
  [['a,b', 'say "hi"'], '"a,b","say ""hi"""\r\n'],
  [['two\r\nlines'], '"two\nlines"\r\n'],
  [[' edge '], '" edge "\r\n'],
  [['=1+1'], "'=1+1\r\n"],
  [['+1', '-1', '@SUM(A1)'], "'+1,'-1,'@SUM(A1)\r\n"],
  [['  =1+1'], "'  =1+1\r\n"],
  [['=HYPERLINK("http://x","y")'], `"'=HYPERLINK(""http://x"",""y"")"\r\n`],
  [['\t=1'], "'\\t=1\r\n"],
  [['＝1+1'], "'＝1+1\r\n"],
  [['ok\n=1+1'], '"ok\n=1+1"\r\n'],
  [['a=b', -5], 'a=b,-5\r\n'],
  [['\x1b[31m'], '\\x1b[31m\r\n'],
] as const)('%j is %j', (values, record) => {
  expect(csvRecord(values)).toBe(record);
});
