/** What is waited for, since when, until when (ISO times), and who can unblock it. */
export interface WaitLine {
  reason: string;
  since: string;
  until: string;
  who: string;
}

/** The one line that people read wherever an operation waits. */
export function waitText({ reason, since, until, who }: WaitLine): string {
  return `${reason}; since ${since}, until ${until}; ${who} can unblock it`;
}

/** The parts of such a line; null where it is none. */
export function parseWait(text: string): WaitLine | null {
  const found = /^(.*); since (\S+), until (\S+); (.*) can unblock it$/s.exec(text);
  const [, reason = '', since = '', until = '', who = ''] = found ?? [];
  return found === null ? null : { reason, since, until, who };
}
