import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { expect, it } from 'vitest';
import { openRecorder } from '../../../src/calls/capture/recorder.ts';
import { readContent } from '../../../src/calls/content/read.ts';
import type { CallRecord } from '../../../src/calls/record/model.ts';
import { parseSegmentName } from '../../../src/calls/store/names.ts';
import { newStore } from '../store/room.ts';

/** The records of a store's one open segment of calls, and the segment. */
function recorded(store: string) {
  const name = readdirSync(join(store, 'open')).find((one) => /-calls-.*\.jsonl$/.test(one)) ?? '';
  const segment = parseSegmentName(name.replace('.jsonl', ''));
  if (segment === undefined) throw new Error(`${name} is no segment`);
  const lines = readFileSync(join(store, 'open', name), 'utf8')
    .trimEnd()
    .split('\n');
  return { segment, calls: lines.map((line): CallRecord => JSON.parse(line)) };
}

/** Every byte of every file. */
function everything(store: string): string {
  return readdirSync(store, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n');
}

const CALL = {
  'gen_ai.request.model': 'gpt-5',
  'gen_ai.input.messages': [{ role: 'user', content: 'write to jo@clinic.example about the knee' }],
  'gen_ai.output.messages': 'of course',
};

it('leaves out what was said unless it is asked for', async () => {
  const store = await newStore();
  const recorder = await openRecorder({ store, recorder: 'app' });
  recorder.recordCall(CALL);
  await recorder.close();
  expect(recorded(store).calls[0]).not.toHaveProperty('content');
  expect(everything(store)).not.toMatch(/knee|of course/);
});

it('keeps what was said apart, redacted, and vouches for it', async () => {
  const store = await newStore();
  const recorder = await openRecorder({ store, recorder: 'app', content: {} });
  recorder.recordCall(CALL);
  await recorder.close();
  const { segment, calls } = recorded(store);
  const [call] = calls;
  expect(JSON.stringify(call)).not.toMatch(/knee|of course/);
  expect(call?.content).toMatchObject([
    { part: 'input', redactions: [{ count: 1, rule: 'pii/email' }] },
    { part: 'output', bytes: 9 },
  ]);
  expect(everything(store)).not.toContain('jo@clinic.example');
  const wanted = new Map([[call?.id ?? '', call?.content ?? []]]);
  const answers = (await readContent({ store, segment, wanted })).get(call?.id ?? '');
  expect(answers).toMatchObject([{ state: 'valid' }, { part: 'output', state: 'valid', text: 'of course' }]);
  expect(answers?.[0]).toHaveProperty('text', expect.stringContaining('[redacted:pii/email] about the knee'));
});

it('encrypts it to whom it is for, and to nobody else', async () => {
  const store = await newStore();
  const identity = await generateX25519Identity();
  const recipients = [await identityToRecipient(identity)];
  const recorder = await openRecorder({ store, recorder: 'app', content: { recipients } });
  recorder.recordCall(CALL);
  await recorder.close();
  expect(everything(store)).not.toMatch(/knee|of course/);
  const { segment, calls } = recorded(store);
  const wanted = new Map(calls.map(({ id, content = [] }) => [id, content]));
  const states = async (identities?: string[]) => {
    const answers = await readContent({ store, segment, wanted, ...(identities && { identities }) });
    return [...answers.values()].flat().map(({ state }) => state);
  };
  expect(await states()).toEqual(['encrypted', 'encrypted']);
  expect(await states([await generateX25519Identity()])).toEqual(['locked', 'locked']);
  expect(await states([identity])).toEqual(['valid', 'valid']);
});

it('keeps nothing more of a call that comes again', async () => {
  const store = await newStore();
  const recorder = await openRecorder({ store, recorder: 'app', content: {} });
  const id = '01a1ff5c-6a57-7517-917f-263c78bc5448';
  recorder.recordCall({ ...CALL, id });
  await recorder.flush();
  const before = everything(store).match(/of course/g)?.length;
  recorder.recordCall({ ...CALL, id });
  await recorder.close();
  expect(recorder.stats()).toMatchObject({ recorded: 1, duplicates: 1 });
  expect(everything(store).match(/of course/g)).toHaveLength(before ?? 0);
  expect(before).toBe(1);
});

it('nor of one that another process recorded before', async () => {
  const store = await newStore();
  const given = { ...CALL, id: '01a1ff5c-6a57-7517-917f-263c78bc5448' };
  for (const duplicates of [0, 1]) {
    const recorder = await openRecorder({ store, recorder: 'app', content: {} });
    recorder.recordCall(given);
    await recorder.close();
    expect(recorder.stats()).toMatchObject({ recorded: 1 - duplicates, duplicates });
  }
  expect(everything(store).match(/of course/g)).toHaveLength(1);
});

it('says at once what is wrong with the options', async () => {
  const store = await newStore();
  const wrong = (content: Parameters<typeof openRecorder>[0]['content']) =>
    openRecorder({ store, recorder: 'app', content });
  await expect(wrong({ redaction: { patterns: [{ name: 'x', pattern: '(' }] } })).rejects.toThrow(
    /redaction rules cannot be used/,
  );
  await expect(wrong({ recipients: ['age1nobody'] })).rejects.toThrow(/age1nobody/);
});
