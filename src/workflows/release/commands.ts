import { ApplicationFailure, condition, setHandler } from '@temporalio/workflow';
import { changesFault, type ConfigChanges } from '../../domain/config.ts';
import type { CommandName, GateCommand } from '../../domain/states.ts';
import type { Progress } from './progress.ts';
import { commandSignal, commandUpdate, type Command } from '../../temporal/messages.ts';

/** What is remembered of them where the workflow continues as new; no brake is on then, and no abort came. */
export interface CommandsCarried {
  handled: string[];
  opened: GateCommand[];
}

/** What a command changes outside of Commands; each is called when one was accepted. */
interface Listeners {
  onAbort: () => void;
  onConfigure: (changes: ConfigChanges) => void;
}

/**
 * The commands of one operation. Handlers only set state: the main loop acts on it. A command that names another
 * operation, comes too late or is not legal now is refused; the same command twice is one.
 */
export class Commands {
  readonly #operation: string;
  readonly #progress: Pick<Progress, 'state' | 'legal' | 'isFinal'>;
  readonly #listeners: Listeners;
  readonly #handled: Set<string>;
  readonly #opened: Set<GateCommand>;
  #resume = false;
  #braked: Command | null = null;
  #aborted: Command | null = null;

  constructor(
    operation: string,
    progress: Pick<Progress, 'state' | 'legal' | 'isFinal'>,
    listeners: Listeners,
    { handled, opened }: CommandsCarried = { handled: [], opened: [] },
  ) {
    this.#handled = new Set(handled);
    this.#opened = new Set(opened);
    this.#operation = operation;
    this.#progress = progress;
    this.#listeners = listeners;
    setHandler(commandUpdate, (command) => this.#handle(command), {
      validator: (command: Command) => this.#validate(command),
    });
    setHandler(commandSignal, (command) => {
      if (this.#refusal(command) === null) this.#handle(command);
    });
  }

  carry(): CommandsCarried {
    return { handled: [...this.#handled], opened: [...this.#opened] };
  }

  /** The abort or rollback that was accepted, if any. */
  get aborted(): Command | null {
    return this.#aborted;
  }

  /** The brake that a person has put on and nobody has released, if any. */
  get braked(): Command | null {
    return this.#braked;
  }

  /** Somebody has sent resume since expectResume. */
  get resumed(): boolean {
    return this.#resume;
  }

  /** Waits for the next brake. */
  async brakes(): Promise<void> {
    await condition(() => this.#braked !== null);
  }

  /** Forgets earlier resumes; called before a hold is announced, so that none sent after it is lost. */
  expectResume(): void {
    this.#resume = false;
  }

  /** Somebody has opened the gate. */
  opened(gate: GateCommand): boolean {
    return this.#opened.has(gate);
  }

  /** Shuts a gate that is passed more than once. */
  shut(gate: GateCommand): void {
    this.#opened.delete(gate);
  }

  #validate(command: Command): void {
    const refusal = this.#refusal(command);
    if (refusal !== null) throw ApplicationFailure.nonRetryable(refusal.message, refusal.code);
  }

  #refusal(command: Command): { code: string; message: string } | null {
    if (this.#handled.has(command.id)) return null;
    if (command.operation !== this.#operation) {
      return { code: 'COMMAND_ILLEGAL', message: `this is operation ${this.#operation}, not ${command.operation}` };
    }
    if (Date.parse(command.notAfter) < Date.now()) {
      return { code: 'COMMAND_EXPIRED', message: `it was to run before ${command.notAfter}` };
    }
    const legal: CommandName[] = this.#aborted === null ? this.#progress.legal : [];
    if (!legal.includes(command.command)) {
      const past = this.#progress.isFinal ? ', past its point of no return' : '';
      const offered = legal.length === 0 ? 'no command is legal' : `legal: ${legal.join(', ')}`;
      return {
        code: 'COMMAND_ILLEGAL',
        message: `${command.command} in state ${this.#progress.state}${past}; ${offered}`,
      };
    }
    const fault = command.command === 'configure' ? changesFault(command.changes ?? {}) : null;
    return fault === null ? null : { code: 'REQUEST_INVALID', message: fault };
  }

  #handle(command: Command): string {
    if (this.#handled.has(command.id)) return `${command.command} was accepted before`;
    this.#handled.add(command.id);
    switch (command.command) {
      case 'smoke':
      case 'bake':
      case 'rollout':
      case 'finish':
        this.#opened.add(command.command);
        return `${command.command} goes on`;
      case 'brake':
        this.#braked = command;
        return 'braked; no further step begins, what is under way ends';
      case 'resume':
        if (this.#braked === null) this.#resume = true;
        this.#braked = null;
        return 'resumed';
      case 'configure':
        this.#listeners.onConfigure(command.changes ?? {});
        return 'changed, for what is still to come';
      case 'abort':
        this.#aborted = command;
        this.#listeners.onAbort();
        return 'abort accepted; what was done is being undone';
      case 'rollback':
        this.#aborted = command;
        this.#listeners.onAbort();
        return 'rollback accepted; what was done is being undone, and the version is disabled';
    }
  }
}
