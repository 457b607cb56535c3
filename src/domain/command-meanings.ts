import type { CommandName } from './states.ts';

/** What each command does, in a few words, where it is offered to a person. */
export const COMMAND_MEANINGS: Record<CommandName, string> = {
  smoke: 'replace the bastion, without traffic',
  bake: 'give the bastion traffic',
  rollout: 'go on with the next batch',
  finish: 'end the release; it cannot be undone any more',
  resume: 'look again, and go on where the budget allows',
  brake: 'stop before the next step',
  configure: 'change the knobs of what is still to come',
  rollback: 'undo what was done, and disable the version',
  abort: 'undo what was done',
};
