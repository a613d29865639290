import { stringify } from 'yaml';
import { changeReason, pick, promptName, promptText } from './prompttext.js';

/**
 * @typedef {import('./forge.js').Person} Person
 * @typedef {{ admin: Person, authors: Person[], approvers: Person[], deployers: Person[] }} Staff
 */

const REGISTRY_NAME = 'acme-clinical';
const START = Date.UTC(2023, 0, 2) / 1000;
const TWO_YEARS = 2 * 365 * 24 * 3600;
/** Changes under way at one time. */
const UNDER_WAY = 6;

/**
 * What people did, chosen by chance but the same each time: versions of some prompts far more often than of others, most of
 * them staged, approved by two and put into production, a few rolled back, now and then a change of the policy.
 */
export class Story {
  #forge;
  #staff;
  #random = randomFrom(20261121);
  #time = START;
  #pace;
  #policyEvery;
  /** @type {(() => void)[][]} what is left to do of each change under way */
  #changes = [];

  constructor(forge, staff, events) {
    this.#forge = forge;
    this.#staff = staff;
    this.#pace = Math.floor(TWO_YEARS / events);
    this.#policyEvery = Math.max(40, Math.floor(events / 8));
    const count = events < 1000 ? 3 : 300;
    this.prompts = Array.from({ length: count }, (_, index) => ({
      name: promptName(index),
      versions: [],
      /** What was active in each environment, the newest last. */
      active: { staging: [], production: [] },
      busy: false,
    }));
  }

  /** Adds an event or two. */
  next() {
    const forge = this.#forge;
    if (forge.sequence === 0) this.#begin();
    else if (forge.sequence % this.#policyEvery === 2)
      this.#setPolicy(`Review the policy after ${forge.sequence} events`);
    else this.#work();
  }

  /** Seconds since the epoch, some time after the event before. */
  #later() {
    this.#time += 1 + Math.floor(this.#random() * 2 * this.#pace);
    return this.#time;
  }

  #begin() {
    const { admin } = this.#staff;
    const time = this.#later();
    this.#forge.found(REGISTRY_NAME, admin, time);
    const principal = { id: admin.email, name: admin.name, key: admin.publicKey };
    const request = {
      registry: REGISTRY_NAME,
      prompts: 'prompts',
      protectedBranches: ['main'],
      environments: ['staging', 'production'],
      principal,
    };
    this.#forge.setPolicy(this.#forge.firstPolicy(request), 'Start the prompt registry', admin, time);
  }

  #setPolicy(reason) {
    const { admin, authors, approvers, deployers } = this.#staff;
    const entries = [
      ...[admin].map((person) => [person, 'admin']),
      ...authors.map((person) => [person, 'author']),
      ...approvers.map((person) => [person, 'approver']),
      ...deployers.map((person) => [person, 'deployer']),
    ].map(([{ name, email, publicKey }, role]) => [email, { name, roles: [role], keys: [publicKey] }]);
    const policy = {
      schema: 'promptaudit/policy@1',
      registry: REGISTRY_NAME,
      prompts: 'prompts',
      protectedBranches: ['main'],
      principals: Object.fromEntries(entries),
      environments: { staging: {}, production: { approvals: 1, promoteFrom: 'staging' } },
      rules: [{ prompts: ['*-*'], environments: ['production'], approvals: 2 }],
      adminThreshold: 1,
      emergency: { roles: ['admin'], reviewWithin: `${24 + this.#forge.version}h` },
    };
    this.#forge.setPolicy(stringify(policy), reason, admin, this.#later());
  }

  /** One step of a change under way, or the first of a new one. */
  #work() {
    const idle = this.prompts.filter((prompt) => !prompt.busy);
    const begins = idle.length > 0 && this.#changes.length < UNDER_WAY && this.#random() < 0.5;
    if (begins || this.#changes.length === 0) {
      const fresh = idle.find((prompt) => prompt.versions.length === 0);
      this.#changes.push(this.#change(fresh ?? idle[Math.floor(this.#random() ** 2 * idle.length)]));
    }
    const change = pick(this.#random, this.#changes);
    change.shift()?.();
    if (change.length === 0) this.#changes.splice(this.#changes.indexOf(change), 1);
  }

  #change(prompt) {
    prompt.busy = true;
    const random = this.#random;
    const version = prompt.versions.length + 1;
    const steps = [() => this.#commit(prompt, version)];
    if (random() < 0.85) {
      steps.push(() => this.#deploy(prompt, version, 'staging', 'rollout'));
      if (random() < 0.8) steps.push(...this.#release(prompt, version));
    }
    const last = steps.pop();
    steps.push(() => {
      last?.();
      prompt.busy = false;
    });
    return steps;
  }

  #release(prompt, version) {
    const [first, second] = [...this.#staff.approvers].sort(() => this.#random() - 0.5);
    const steps = [first, second].map((approver) => () => this.#approve(prompt, version, approver));
    steps.push(() => this.#deploy(prompt, version, 'production', 'rollout'));
    if (this.#random() < 0.03 && prompt.active.production.length > 0) {
      steps.push(() => this.#deploy(prompt, prompt.active.production.at(-2), 'production', 'rollback'));
    }
    return steps;
  }

  #commit(prompt, version) {
    const text = promptText(prompt.name, version, this.#random);
    const author = pick(this.#random, this.#staff.authors);
    const made = this.#forge.commitPrompt(
      prompt.name,
      version,
      text,
      changeReason(this.#random),
      author,
      this.#later(),
    );
    prompt.versions.push(made);
  }

  #approve(prompt, version, approver) {
    const environments = this.#random() < 0.5 ? '*' : ['production'];
    const meaning = 'Reviewed for clinical safety and tone';
    this.#forge.approve(
      prompt.name,
      version,
      prompt.versions[version - 1],
      environments,
      meaning,
      approver,
      this.#later(),
    );
  }

  #deploy(prompt, version, environment, kind) {
    const { commit, contentDigest } = prompt.versions[version - 1];
    const before = prompt.active[environment];
    const reference = environment === 'production' ? `CAB-${1000 + this.#forge.sequence}` : undefined;
    const detail = {
      commit,
      prompt: prompt.name,
      version,
      contentDigest,
      environment,
      replaces: before.at(-1),
      kind,
      reference,
    };
    const reason = kind === 'rollback' ? 'Worse answers since the rollout' : '';
    this.#forge.deploy(detail, reason, pick(this.#random, this.#staff.deployers), this.#later());
    before.push(version);
  }
}

/** The same numbers from 0 up to 1 for the same seed (a linear congruential generator modulo 2^32). */
function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
