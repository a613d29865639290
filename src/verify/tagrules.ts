import { parseDecisionTagRef } from '../ledger/decisiontag.ts';
import { finding } from '../trail/findings.ts';
import type { RegistryRule } from './evidence.ts';

/** Each decision that took effect has its tag, at its ref. */
export const decisionsHaveTheirTags: RegistryRule = ({ decisions, tags }) => {
  const standing = new Map(tags.map((tag) => [tag.name, tag.oid]));
  return decisions.flatMap(({ sequence, effective, event, prompt, version, tag, tagObject }) => {
    const oid = standing.get(tag);
    if (!effective || oid === tagObject) return [];
    const place = { sequence, prompt, version, ref: tag, object: tagObject };
    const what = `the tag of event ${sequence} (${event} of ${prompt} v${version})`;
    const back = 'put it back with: promptaudit doctor --repair, and find out who';
    if (oid === undefined)
      return [finding('approval/tag-missing', place, `${what} was deleted`, `${back} deleted it`)];
    const message = `${what} was moved to ${oid.slice(0, 12)}`;
    return [finding('approval/tag-moved', place, message, `${back} moved it`)];
  });
};

/**
 * Each decision tag has an event that recorded it. A ledger from elsewhere may not know yet what was decided here. That one was
 * acknowledged says nothing of the same object at another name.
 */
export const tagsHaveTheirEvents: RegistryRule = ({ decisions, tags, elsewhere }) => {
  if (elsewhere !== undefined) return [];
  // Where an event that took effect recorded the ref, the other rule says what stands there in its place.
  const judged = new Set(decisions.filter(({ effective }) => effective).map(({ tag }) => tag));
  const recorded = new Set(
    decisions.flatMap(({ effective, tag, tagObject }) => (effective ? [] : [`${tagObject} ${tag}`])),
  );
  const strays = tags.flatMap(({ name, oid }) => {
    if (judged.has(name) || recorded.has(`${oid} ${name}`)) return [];
    const parsed = parseDecisionTagRef(name);
    if (parsed === undefined) return [];
    const place = { ref: name, object: oid, prompt: parsed.prompt, version: parsed.version };
    return [finding('approval/unrecorded', place, `${name} is a tag that no event of the ledger recorded`)];
  });
  const once = new Set<string | undefined>();
  const again = new Set<string | undefined>();
  for (const { object } of strays) (once.has(object) ? again : once).add(object);
  return strays.map((stray) => (again.has(stray.object) ? { ...stray, again: true } : stray));
};
