import { expect, it } from 'vitest';
import { collectedJson, collectedText, recordedText } from '../../src/report/recorded.ts';

const counts = { accepted: 12, duplicates: 1, ignored: 3 };

it('says what became of records', () => {
  expect(recordedText({ accepted: 12, duplicates: 0, refused: 0, ignored: 0 })).toBe('recorded 12\n');
  expect(recordedText({ ...counts, refused: 2 })).toBe(
    'recorded 12, 1 there already, 2 refused, 3 about something else\n',
  );
});

it('tells records that a collector refused from requests that it turned away', () => {
  const collected = { ...counts, requests: 9, rejected: 2, refused: 4 };
  expect(collectedText(collected)).toBe(
    'recorded 12, 1 there already, 2 refused, 3 about something else; 4 requests were turned away\n',
  );
  expect(collectedText({ ...collected, rejected: 0, refused: 1 })).toBe(
    'recorded 12, 1 there already, 3 about something else; 1 request was turned away\n',
  );
  expect(collectedText({ ...collected, refused: 0 })).not.toContain('turned');
  expect(JSON.parse(collectedJson(collected))).toEqual({ schema: 'promptaudit/collected@1', ...collected });
});
