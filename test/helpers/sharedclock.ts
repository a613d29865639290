import type { Team } from './team.ts';

/**
 * The one clock that everybody looks at who shares a registry: an event must not be earlier than the one before it, whoever wrote
 * that. While it `stands`, a command that takes long is never late either.
 */
export class SharedClock {
  seconds = Date.UTC(2026, 1, 2, 9, 0, 0) / 1000;
  stands = false;

  give(team: Team): Team {
    const read = () => this.seconds;
    const set = (seconds: number) => {
      if (!this.stands) this.seconds = seconds;
    };
    return Object.defineProperty(team, 'clock', { get: read, set });
  }
}
