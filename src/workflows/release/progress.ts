import { setCurrentDetails, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import {
  legalCommands,
  needsPerson,
  type CommandName,
  type InstancePhase,
  type ReleaseState,
} from '../../domain/states.ts';
import type { Note, RecordInput } from '../../activities/control.ts';
import type { OperationInstance } from '../../catalogue/types.ts';
import type { Flavor, InstanceRef, Trouble } from '../../domain/types.ts';
import { waitText, type WaitLine } from '../../domain/wait.ts';
import type { PolicyOverride } from '../../temporal/messages.ts';
import { COMMAND_SIGNAL, SEARCH } from '../../temporal/names.ts';
import { progressActivities } from './activities.ts';
import { countBrake, countEnd, timeState, timeWait } from './metrics.ts';

type NewNote = Omit<Note, 'key'>;

/** What the operation waits for: one line, with a reason, a deadline and an owner. */
export interface Wait extends Omit<WaitLine, 'since'> {
  /** Nothing goes on before a person comes. */
  person: boolean;
}

/** What is remembered of it where the workflow continues as new. */
export interface ProgressCarried {
  state: ReleaseState;
  since: number | null;
  reason: string | null;
  notes: number;
  isFinal: boolean;
  instances: [name: string, batch: number, phase: InstancePhase, trouble?: Trouble][];
  /** Instances that the next record is to write. */
  changed: string[];
}

/**
 * The state of a group's release as people see it: in the catalogue (REST, CLI), in the current details and the search
 * attributes (Temporal UI). One place writes all three, so that they agree.
 */
export class Progress {
  readonly #operation: string;
  readonly #root: string;
  readonly #policy: PolicyOverride | undefined;
  readonly #flavor: Flavor;
  readonly #instances = new Map<string, OperationInstance>();
  readonly #changed = new Set<string>();
  #state: ReleaseState = 'PENDING';
  /** Since when, by the workflow's clock, in ms; null before the first one. */
  #since: number | null = null;
  /** What is waited for in that state, for the metrics. */
  #reason: string | null = null;
  #waiting = '';
  #notes = 0;
  #isFinal = false;
  /** The last record that is being written, or waits for those before it. */
  #writing: Promise<void> | null = null;

  constructor(operation: string, root: string, policy: PolicyOverride | undefined, flavor: Flavor = 'release') {
    this.#operation = operation;
    this.#root = root;
    this.#policy = policy;
    this.#flavor = flavor;
  }

  carry(): ProgressCarried {
    return {
      state: this.#state,
      since: this.#since,
      reason: this.#reason,
      notes: this.#notes,
      isFinal: this.#isFinal,
      instances: [...this.#instances.values()].map(({ name, batch, phase, trouble }) =>
        trouble === null ? [name, batch, phase] : [name, batch, phase, trouble],
      ),
      changed: [...this.#changed],
    };
  }

  /** Goes on where another run stopped. @param layout where its instances are; those without a place are written already */
  goOn({ state, since, reason, notes, isFinal, instances, changed }: ProgressCarried, layout: InstanceRef[]): void {
    const byName = new Map(layout.map((instance) => [instance.name, instance]));
    this.#state = state;
    this.#since = since;
    this.#reason = reason;
    this.#notes = notes;
    this.#isFinal = isFinal;
    for (const [name, batch, phase, trouble = null] of instances) {
      const instance = byName.get(name);
      if (instance === undefined) continue;
      const { index, azSet } = instance;
      this.#instances.set(name, { name, index, idc: azSet.idc, az: azSet.az, batch, phase, trouble });
    }
    for (const name of changed) this.#changed.add(name);
    this.#show();
  }

  get state(): ReleaseState {
    return this.#state;
  }

  /** It is past its point of no return: what was done stays. */
  get isFinal(): boolean {
    return this.#isFinal;
  }

  /** The point of no return. */
  async pivot(message: string): Promise<void> {
    this.#isFinal = true;
    this.#show();
    const note: NewNote = { kind: 'note', step: 'no-return', instance: null, outcome: null, message, data: null };
    await this.#write(note, { final: true });
  }

  /** Commands that may be sent now. */
  get legal(): CommandName[] {
    return legalCommands(this.#state, this.#flavor, this.#isFinal);
  }

  /** Registers the instances of a plan; what an earlier plan knew of them is kept but for the batch. */
  plan(batches: { index: number; members: InstanceRef[] }[]): void {
    for (const batch of batches) {
      for (const { name, index, azSet } of batch.members) {
        const known = this.#instances.get(name);
        this.#instances.set(name, {
          name,
          index,
          idc: azSet.idc,
          az: azSet.az,
          batch: batch.index,
          phase: known?.phase ?? 'pending',
          trouble: known?.trouble ?? null,
        });
        this.#changed.add(name);
      }
    }
  }

  /** Notes how far an instance is; written with the next record. */
  instance(name: string, phase: InstancePhase, trouble: Trouble | null = null): void {
    const known = this.#instances.get(name);
    if (known === undefined) return;
    this.#instances.set(name, { ...known, phase, trouble });
    this.#changed.add(name);
    this.#show();
  }

  /** Number for one more batch than there were so far. */
  nextBatch(): number {
    return Math.max(0, ...[...this.#instances.values()].map(({ batch }) => batch)) + 1;
  }

  phaseOf(name: string): InstancePhase {
    return this.#instances.get(name)?.phase ?? 'pending';
  }

  /** Enters a state and writes it. */
  async enter(
    state: ReleaseState,
    message: string,
    options: { wait?: Wait; trouble?: Trouble | null; data?: unknown } = {},
  ): Promise<void> {
    const { wait, trouble = null, data = null } = options;
    this.#measure(state, wait, trouble);
    this.#state = state;
    const since = new Date().toISOString();
    this.#waiting = wait === undefined ? '' : waitText({ ...wait, since });
    this.#show();
    this.#search(wait?.person === true);
    await this.#write(
      { kind: 'state', step: state, instance: null, outcome: null, message, data },
      { state: { state, waiting: this.#waiting, trouble } },
    );
  }

  /** Writes one event and the instances that changed since the last one. */
  async note(note: NewNote): Promise<void> {
    this.#show();
    await this.#write(note);
  }

  /** The operation is over: shows it, takes no command any more, and hands over what endGroup is to write. */
  close(state: ReleaseState): OperationInstance[] {
    this.#measure(state);
    if (this.#isGroup) countEnd(this.#flavor, state);
    this.#state = state;
    this.#waiting = '';
    this.#show();
    this.#search(false);
    return this.#takeChanged();
  }

  /** A release of several groups is measured by its groups. */
  get #isGroup(): boolean {
    return this.#operation !== this.#root;
  }

  /** The state that is left, and the brake that is entered. */
  #measure(next: ReleaseState, wait?: Wait, trouble: Trouble | null = null): void {
    const now = Date.now();
    if (!this.#isGroup) return;
    if (this.#since !== null) {
      timeState(this.#state, now - this.#since);
      if (this.#reason !== null) timeWait(this.#reason, now - this.#since);
    }
    this.#since = now;
    this.#reason = wait === undefined ? null : (trouble?.code ?? `gate:${next}`);
    if (next.endsWith('_BRAKED')) countBrake(trouble?.code ?? 'unknown');
  }

  async #write(note: NewNote, more: Pick<RecordInput, 'state' | 'final'> = {}): Promise<void> {
    const about = [note.step, note.instance, note.outcome].filter((part) => part !== null).join(' ');
    const write = (): Promise<void> =>
      progressActivities(`note ${about}`, this.#policy).record({
        root: this.#root,
        operation: this.#operation,
        ...more,
        instances: this.#takeChanged(),
        events: [{ ...note, key: `w${String(this.#notes++)}` }],
      });
    // One after the other: what was entered last is what stays written. A brake may come while another state is written.
    const writing = this.#writing === null ? write() : this.#writing.then(write, write);
    this.#writing = writing;
    try {
      await writing;
    } finally {
      if (this.#writing === writing) this.#writing = null;
    }
  }

  #takeChanged(): OperationInstance[] {
    const instances = [...this.#changed].flatMap((name) => this.#instances.get(name) ?? []);
    this.#changed.clear();
    return instances;
  }

  #search(waiting: boolean): void {
    upsertSearchAttributes([
      { key: SEARCH.State, value: this.#state },
      { key: SEARCH.Attention, value: attention(this.#state, waiting) },
    ]);
  }

  /** Current details: state and wait first, then what may be sent, then the instances not done. */
  #show(): void {
    const counts = new Map<InstancePhase, number>();
    for (const { phase } of this.#instances.values()) counts.set(phase, (counts.get(phase) ?? 0) + 1);
    const lines = [`**${this.#state}** ${this.#waiting}`.trim()];
    lines.push('', [...counts].map(([phase, count]) => `${phase} ${count}`).join(', '));
    const open = [...this.#instances.values()].filter(({ phase }) => phase !== 'done' && phase !== 'pending');
    if (open.length > 0) {
      lines.push('', '| instance | place | batch | phase | trouble |', '| --- | --- | --- | --- | --- |');
      for (const { name, idc, az, batch, phase, trouble } of open.slice(0, 50)) {
        lines.push(
          `| ${name} | ${idc}/${az} | ${batch} | ${phase} | ${trouble === null ? '' : clip(`${trouble.code}: ${trouble.message}`, 120)} |`,
        );
      }
    }
    // What to change is not to be written by hand: the CLI and REST check it first.
    for (const command of this.legal.filter((legal) => legal !== 'configure')) {
      const notAfter = new Date(Date.now() + 3_600_000).toISOString();
      lines.push(
        '',
        // Inline code: the UI leaves fenced blocks out.
        `To ${command}, send the signal \`${COMMAND_SIGNAL}\` with \`${JSON.stringify({
          id: `ui-${command}-${workflowInfo().historyLength}`,
          operation: this.#operation,
          command,
          actor: { name: 'your name', channel: 'temporal-ui' },
          notAfter,
        })}\``,
      );
    }
    // The UI cuts off the end where lines wrap: nothing that is needed stands last.
    lines.push('', `All of it: \`transship release get ${this.#root}\``);
    setCurrentDetails(clip(lines.join('\n'), 15_000));
  }
}

/** The server refuses details over 20,000 bytes of payload. */
function clip(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

function attention(state: ReleaseState, waiting: boolean): string {
  if (state.endsWith('_BRAKED')) return 'braked';
  if (needsPerson(state) || state === 'FAILURE') return 'failed';
  return waiting ? 'waiting' : 'none';
}
