import { condition } from '@temporalio/workflow';
import { GATE_WAITS, gateCommand, type ReleaseState } from '../../domain/states.ts';
import type { Gate, Gates } from '../../domain/types.ts';
import type { GroupRun } from './context.ts';
import type { Wait } from './progress.ts';
import { advance, decision, gateMs, GateExpired, isBraked, passBrake, remind, remindMs } from './hold.ts';

/** While a gate soaks, what has passed it is looked at so often, in ms; at most so many times in all. */
const LEAST_CHECK_MS = 30_000;
const MOST_CHECKS = 20;

/** A release that was accepted before there were gates has none, and its history knows nothing of them. */
export function hasGates({ input }: GroupRun): boolean {
  return input.config.gates !== undefined;
}

/** A gate and what stands before it. */
interface Standing {
  name: keyof Gates;
  /** State that the release stands in meanwhile. */
  state: ReleaseState;
  /** What has been reached. */
  message: string;
  /** Is all that was reached still so? Asked while it waits and before it opens by the clock. */
  check?: () => Promise<boolean>;
}

/**
 * Stands at a gate until it opens: by its command, or, where it is automatic, when it has soaked. A brake stops the
 * clock. False: what was reached is lost meanwhile, and the gate stays shut.
 * @throws GateExpired (undo) when it is manual and nobody came in time
 */
export async function passGate(run: GroupRun, standing: Standing): Promise<boolean> {
  const passed = await standBefore(run, standing);
  // From here what was done stays.
  if (passed && isPast(run, standing.name) && !run.progress.isFinal)
    await run.progress.pivot(`point of no return, after the gate "${standing.name}": from here nothing is undone`);
  return passed;
}

/** Gates in the order in which they are passed; a bastion that needs nothing done passes none of its own. */
const ORDER: (keyof Gates)[] = ['smoke', 'bake', 'rollout', 'batch', 'wave', 'finish'];

function isPast({ input: { config } }: GroupRun, gate: keyof Gates): boolean {
  const point = config.pointOfNoReturn;
  return point !== undefined && ORDER.indexOf(gate) >= ORDER.indexOf(point);
}

async function standBefore(run: GroupRun, { name, state, message, check }: Standing): Promise<boolean> {
  const { progress, commands } = run;
  const command = gateCommand(state);
  if (gateOf(run, name) === null || command === null) return true;
  const waits = (): boolean => !isOpen(gateOf(run, name)) && !commands.opened(command);
  // Where nothing is waited for, only what is a phase of its own is worth a line.
  if (!waits()) {
    if (!['smoke', 'batch', 'wave'].includes(name)) await advance(run, state, message);
    return true;
  }

  let left = standMs(run, name);
  let { config } = run.input;
  while (waits()) {
    if (isBraked(run)) await passBrake(run);
    const manual = gateOf(run, name)?.mode === 'manual';
    const wait = manual
      ? decision(run, `${GATE_WAITS} "${command}": ${message}`)
      : soaking(left, `soaks before "${command}": ${message}`);
    await progress.enter(state, message, { wait });

    const checkMs = manual ? remindMs(run) : Math.max(LEAST_CHECK_MS, standMs(run, name) / MOST_CHECKS);
    while (left > 0) {
      const began = Date.now();
      const slice = Math.min(left, checkMs);
      const moved = (): boolean => commands.opened(command) || isBraked(run) || run.input.config !== config;
      const came = await condition(moved, slice);
      left -= came ? Date.now() - began : slice;
      if (came) break;
      if (check !== undefined && !(await check())) return false;
      if (manual && left > 0) await remind(run, message, left);
    }
    if (run.input.config !== config) {
      config = run.input.config;
      left = standMs(run, name);
    } else if (left <= 0 && !commands.opened(command)) {
      if (!manual) return true;
      const trouble = `nobody sent "${command}" in time: ${message}`;
      throw new GateExpired({ verdict: 'errored', code: 'GATE_EXPIRED', message: trouble }, 'undo');
    }
  }
  return true;
}

function gateOf({ input: { config } }: GroupRun, name: keyof Gates): Gate | null {
  if (config.gates === undefined) return null;
  const { wave } = config.gates;
  if (name === 'wave' && wave !== undefined) return wave;
  if (name !== 'batch' && name !== 'wave') return config.gates[name];
  return config.gates.batch === 'manual' ? { mode: 'manual' } : { mode: 'automatic', soakSeconds: config.pauseSeconds };
}

function isOpen(gate: Gate | null): boolean {
  return gate === null || (gate.mode === 'automatic' && gate.soakSeconds === 0);
}

/** How long it stands at most, in ms. */
function standMs(run: GroupRun, name: keyof Gates): number {
  const gate = gateOf(run, name);
  return gate?.mode === 'automatic' ? gate.soakSeconds * 1_000 : gateMs(run);
}

export function soaking(leftMs: number, reason: string): Wait {
  const until = new Date(Date.now() + leftMs).toISOString();
  return { reason, until, who: 'the clock, or whoever may release this app,', person: false };
}
