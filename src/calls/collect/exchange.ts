import type { IncomingMessage, ServerResponse } from 'node:http';
import { Failure } from '../../failure.ts';
import { type Decoded, type OtlpEncoding, type Signal, TooDense } from '../otlp/decode.ts';
import { isTooDense, MAX_VALUES } from '../record/density.ts';
import type { Admission } from './admission.ts';
import { refuse, sendAnswer } from './answer.ts';
import { readBody } from './body.ts';
import { busy, SenderLeft, tooDense, tooLarge, undecodable, unwritable } from './denial.ts';
import type { CollectorStats, Intake, Limits, Otlp, Taken } from './model.ts';
import { partialSuccess } from './partial.ts';
import type { Claim, Room } from './room.ts';
import { announcedLength, awaitsContinue, demandCoding, demandEncoding, signalOf } from './route.ts';
import type { Troubles } from './troubles.ts';
import type { Turns } from './turns.ts';

/** What requests are served with. */
export interface Desk {
  readonly admit: Admission;
  readonly intake: Intake;
  readonly otlp: Otlp;
  readonly limits: Limits;
  readonly room: Room;
  readonly turns: Turns;
  /** Collects garbage where there is much of it. */
  readonly tidy: () => void;
  readonly troubles: Troubles;
  readonly counts: { -readonly [K in keyof CollectorStats]: CollectorStats[K] };
}

const NOTHING: Taken = { accepted: 0, duplicates: 0, rejected: [] };

/** Serves one request; resolves once its answer is handed over or its sender is gone. Never rejects. */
export async function serve(desk: Desk, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { counts, otlp, limits, troubles } = desk;
  counts.requests += 1;
  const claim = desk.room.claim();
  try {
    const { encoding, bytes } = await take(desk, request, response, claim);
    claim.release();
    await sendAnswer(response, 200, encoding, bytes);
  } catch (error) {
    claim.release();
    counts.refused += 1;
    if (error instanceof SenderLeft) return;
    const { area, kind, text } = await refuse(otlp, limits, request, response, error);
    troubles.happened(area, kind, text);
  }
}

/** @throws Denial, SenderLeft */
async function take(
  desk: Desk,
  request: IncomingMessage,
  response: ServerResponse,
  claim: Claim,
): Promise<{ readonly encoding: OtlpEncoding; readonly bytes: Uint8Array }> {
  const { limits, otlp } = desk;
  desk.admit(request);
  const signal = signalOf(request);
  const encoding = demandEncoding(request);
  const coding = demandCoding(request);
  const length = announcedLength(request);
  if (length > limits.bodyBytes) throw tooLarge(limits.bodyBytes);
  if (!desk.room.admits(length)) throw busy(request.headers['user-agent']);
  if (awaitsContinue(request)) response.writeContinue();
  const body = await readBody(request, coding, limits.bodyBytes, claim);
  if (!claim.wait()) throw busy(request.headers['user-agent']);
  const turn = await desk.turns.take(body.length);
  try {
    const received = await hand(desk, signal, encoding, body);
    const partial = account(desk, signal, received, await received.taken);
    return { encoding, bytes: await otlp.encodeResponse(signal, encoding, partial) };
  } finally {
    turn.end();
  }
}

/** A request that was handed to the intake. While its records are on their way to the disk, nothing else holds them in memory. */
interface Received extends Omit<Decoded, 'records'> {
  readonly taken: Promise<Taken>;
}

/** @throws Denial */
async function hand(
  { otlp, intake, tidy }: Desk,
  signal: Signal,
  encoding: OtlpEncoding,
  body: Uint8Array,
): Promise<Received> {
  tidy();
  const { records, ...rest } = await decode(otlp, signal, encoding, body);
  tidy();
  return { ...rest, taken: submit(intake, records) };
}

/** Counts what came of a request, and says what was not kept of it. */
function account(
  { counts, troubles }: Desk,
  signal: Signal,
  decoded: Omit<Decoded, 'records'>,
  taken: Taken,
): ReturnType<typeof partialSuccess> {
  const problems = [
    ...decoded.rejected.map(({ problem }) => problem),
    ...taken.rejected.map((one) => one.problems.join(', ')),
  ];
  counts.accepted += taken.accepted;
  counts.duplicates += taken.duplicates;
  counts.ignored += decoded.ignored;
  counts.rejected += problems.length;
  troubles.worked(taken.accepted > 0);
  if (problems.length > 0)
    troubles.happened(
      'records',
      signal,
      `not all ${signal} that are sent make records; senders are told why`,
    );
  return partialSuccess(signal, problems);
}

/** @throws Denial, and whatever a defect throws */
async function decode(
  otlp: Otlp,
  signal: Signal,
  encoding: OtlpEncoding,
  bytes: Uint8Array,
): Promise<Decoded> {
  if (encoding === 'json' && isTooDense(bytes)) throw tooDense(new TooDense(MAX_VALUES));
  try {
    return await otlp.decodeOtlp(signal, encoding, bytes);
  } catch (error) {
    if (error instanceof TooDense) throw tooDense(error);
    throw error instanceof Failure ? undecodable(error.message) : error;
  }
}

/** @throws Denial */
function submit(intake: Intake, records: Decoded['records']): Promise<Taken> {
  if (records.length === 0) return Promise.resolve(NOTHING);
  return intake.submit(records).catch((error: unknown) => {
    throw unwritable(error);
  });
}
