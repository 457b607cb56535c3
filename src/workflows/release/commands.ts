import { ApplicationFailure, condition, setHandler } from '@temporalio/workflow';
import { legalCommands, type CommandName, type ReleaseState } from '../../domain/states.ts';
import { commandSignal, commandUpdate, type Command } from '../../temporal/messages.ts';

/**
 * The commands of one operation. Handlers only set state: the main loop acts on it. A command that names another
 * operation, comes too late or is not legal now is refused; the same command twice is one.
 */
export class Commands {
  readonly #operation: string;
  readonly #state: () => ReleaseState;
  readonly #onAbort: () => void;
  readonly #handled = new Set<string>();
  #resume = false;
  #braked: Command | null = null;
  #aborted: Command | null = null;

  /** @param onAbort called once, when an abort was accepted */
  constructor(operation: string, state: () => ReleaseState, onAbort: () => void) {
    this.#operation = operation;
    this.#state = state;
    this.#onAbort = onAbort;
    setHandler(commandUpdate, (command) => this.#handle(command), {
      validator: (command: Command) => this.#validate(command),
    });
    setHandler(commandSignal, (command) => {
      if (this.#refusal(command) === null) this.#handle(command);
    });
  }

  /** The abort that was accepted, if any. */
  get aborted(): Command | null {
    return this.#aborted;
  }

  /** The brake that a person has put on and nobody has released, if any. */
  get braked(): Command | null {
    return this.#braked;
  }

  /** Waits for the next brake. */
  async brakes(): Promise<void> {
    await condition(() => this.#braked !== null);
  }

  /** Waits until the brake is released, at most so long. False: nobody came. An abort cancels the scope this waits in. */
  async released(timeoutMs: number): Promise<boolean> {
    return condition(() => this.#braked === null, timeoutMs);
  }

  /** Forgets earlier resumes; called before a hold is announced, so that none sent after it is lost. */
  expectResume(): void {
    this.#resume = false;
  }

  /** Waits for a resume, at most so long. False: nobody came. An abort cancels the scope this waits in. */
  async resumed(timeoutMs: number): Promise<boolean> {
    return condition(() => this.#resume, timeoutMs);
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
    const legal: CommandName[] = this.#aborted === null ? legalCommands(this.#state()) : [];
    if (!legal.includes(command.command)) {
      const offered = legal.length === 0 ? 'no command is legal' : `legal: ${legal.join(', ')}`;
      return { code: 'COMMAND_ILLEGAL', message: `${command.command} in state ${this.#state()}; ${offered}` };
    }
    return null;
  }

  #handle(command: Command): string {
    if (this.#handled.has(command.id)) return `${command.command} was accepted before`;
    this.#handled.add(command.id);
    switch (command.command) {
      case 'brake':
        this.#braked = command;
        return 'braked; no further step begins, what is under way ends';
      case 'resume':
        if (this.#braked === null) this.#resume = true;
        this.#braked = null;
        return 'resumed';
      case 'abort':
        this.#aborted = command;
        this.#onAbort();
        return 'abort accepted; what was done is being undone';
    }
  }
}
