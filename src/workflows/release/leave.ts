import { setHandler } from '@temporalio/workflow';
import { joinedLeave } from '../../temporal/messages.ts';

/** What the release has let the group pass so far. */
export class Leave {
  #upTo = 0;

  constructor() {
    setHandler(joinedLeave, (meeting) => {
      this.#upTo = Math.max(this.#upTo, meeting);
    });
  }

  has(meeting: number): boolean {
    return this.#upTo >= meeting;
  }
}
