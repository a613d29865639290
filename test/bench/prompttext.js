const TASKS = [
  'intake',
  'discharge',
  'triage',
  'referral',
  'medication',
  'allergy',
  'consent',
  'summary',
  'follow-up',
  'screening',
];
const FIELDS = [
  'adults',
  'antenatal',
  'cardiology',
  'dental',
  'dermatology',
  'diabetes',
  'emergency',
  'endocrine',
  'geriatrics',
  'hearing',
  'home-care',
  'immunology',
  'maternity',
  'mental-health',
  'nephrology',
  'neurology',
  'nutrition',
  'oncology',
  'ophthalmology',
  'orthopaedics',
  'paediatrics',
  'pain',
  'palliative',
  'physiotherapy',
  'radiology',
  'rehabilitation',
  'respiratory',
  'sleep',
  'surgery',
  'travel',
];
const ASK = [
  'when it began and how it has changed since',
  'which medicines are taken now, with dose and how often',
  'allergies to medicines, and what happened each time',
  'past illnesses, operations and hospital stays',
  'who helps at home, and with what',
  'what eases it and what makes it worse',
  'what the patient fears it might be',
  'whether it wakes the patient at night',
  'tobacco, alcohol and other drugs, without judging',
  'which appointments are due, and how the patient will get there',
  'whether somebody should be called beforehand',
  'what the patient would like to happen next',
];
const REASONS = [
  'Ask in the order in which clinicians read',
  'Say what to do when the patient does not know',
  'Shorter sentences, after the readability review',
  'Keep the crisis line in every branch',
  'Do not interpret results',
  'Quote the patient, do not paraphrase',
  'Fewer tokens for the same answers',
  'Name the units of every dose',
];

/** The `index`th prompt's name; 300 are distinct. */
export function promptName(index) {
  return `${TASKS[index % TASKS.length]}-${FIELDS[Math.floor(index / TASKS.length) % FIELDS.length]}`;
}

/** Why a version was made. @param {() => number} random */
export function changeReason(random) {
  return pick(random, REASONS);
}

/**
 * A version's file, about 1.5 KB: the same prompt with another selection and order, so that versions differ as edits do.
 * @param {string} name
 * @param {number} version
 * @param {() => number} random
 */
export function promptText(name, version, random) {
  const asked = ASK.filter(() => random() < 0.7);
  return `name: ${name}
description: Takes down what the clinician needs to know, before the visit
model: openai/gpt-5
modelParameters:
  temperature: ${(random() * 0.5).toFixed(2)}
  maxTokens: ${400 + 50 * Math.floor(random() * 12)}
messages:
  - role: system
    content: |
      You are the assistant of {{clinic_name}} for ${name.replaceAll('-', ' ')}. You take a history before a visit and
      write it down for the clinician. You are not a clinician, and you say so when you are asked for advice.

      Do not diagnose, do not recommend or change a treatment, and do not interpret test results.
      Use short sentences and everyday words. Be warm and calm, and never hurry the patient.

      Ask one question at a time, and wait for the answer. Ask about:
${asked.map((line) => `      - ${line}`).join('\n')}

      Advise the patient to call emergency services at once if any red flag is present, and end there.
      When the history is complete, thank the patient and write a summary (form ${version}).
  - role: user
    content: |
      Reason for the visit: {{visit_reason}}

      {{transcript}}
`;
}

/** @template T @param {() => number} random @param {readonly T[]} list @returns {T} */
export function pick(random, list) {
  return list[Math.floor(random() * list.length)];
}
