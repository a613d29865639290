/**
 * The library: read and verify a registry from code. What is not listed here is internal and may change.
 *
 * ```ts
 * const store = await openNativeStore({ cwd: '.', env: process.env });
 * const trail = await Trail.open({ store });
 * for (const { name, latest } of await trail.summaries()) console.log(name, latest?.number);
 * await store.close();
 * ```
 *
 * And record LLM calls and accesses: `recordCall` takes microseconds, never throws and never waits; what it is given has
 * OpenTelemetry's attribute names, and `promptaudit calls` seals, searches and proves it.
 *
 * ```ts
 * const recorder = await openRecorder({ store: '.promptaudit/calls', recorder: 'intake-api', onProblem: console.error });
 * recorder.recordCall({
 *   'gen_ai.request.model': 'gpt-5', 'gen_ai.prompt.name': 'clinical-intake', 'gen_ai.prompt.version': '12',
 *   'gen_ai.usage.input_tokens': 812, 'user.id': 'u77', 'promptaudit.environment': 'production',
 * });
 * await recorder.close();
 * ```
 */
export type { Recorder, RecorderOptions, RecorderStats } from './calls/capture/model.ts';
export { openRecorder } from './calls/capture/recorder.ts';
export type { AccessInput, CallInput } from './calls/record/model.ts';
export { Failure, type Reason, Refusal } from './failure.ts';
export { openEmbeddedStore } from './git/embedded/store.ts';
export { openNativeStore } from './git/native/store.ts';
export type { GitStore } from './git/store.ts';
export type { Prompt, RenderedPrompt } from './prompts/model.ts';
export { parsePrompt } from './prompts/parse.ts';
export { renderPrompt } from './prompts/render.ts';
export type { VerifyReport } from './report/rows.ts';
export type { TrailOptions } from './trail/catchup.ts';
export { readContents } from './trail/content.ts';
export type { Finding, PromptHistory, PromptSummary, PromptVersion, TrailEvent } from './trail/model.ts';
export { type ActiveAt, activeAt } from './trail/queries.ts';
export { resolveVersion } from './trail/resolve.ts';
export { Trail } from './trail/trail.ts';
export { type VerifyOptions, verifyRegistry } from './verify/verify.ts';
