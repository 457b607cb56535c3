import { isIPv4 } from 'node:net';
import type { Departures } from './departures.ts';
import type { Offers } from './offers.ts';
import { Refusal } from './refusal.ts';
import { machineKey, type Machine, type MachineId, type Schedule, type Unavailability } from './registry.ts';
import type { MasterState } from './state.ts';

/** The one maintenance schedule, and machines that go down and up (src/master/{http,maintenance}.cpp). */
export class Maintenance {
  readonly #state: MasterState;
  readonly #offers: Offers;
  readonly #departures: Departures;

  constructor(state: MasterState, offers: Offers, departures: Departures) {
    this.#state = state;
    this.#offers = offers;
    this.#departures = departures;
  }

  get schedule(): Schedule {
    // In the order and with the fields that Mesos writes: none where there is none.
    return this.#state.registry.state.schedule ?? { windows: [] };
  }

  get draining(): Machine[] {
    return [...this.#state.machines.values()].filter(({ mode }) => mode === 'DRAINING');
  }

  get down(): Machine[] {
    return [...this.#state.machines.values()].filter(({ mode }) => mode === 'DOWN');
  }

  /** Replaces the schedule, whole. Offers of its machines say from now on when they go. @throws Refusal */
  replace(schedule: Schedule): void {
    this.#validate(schedule);
    const named = new Map<string, { id: MachineId; unavailability: Unavailability }>();
    for (const { machine_ids, unavailability } of schedule.windows)
      for (const id of machine_ids) named.set(machineKey(id), { id, unavailability });
    for (const [key, machine] of this.#state.machines) {
      if (named.has(key)) continue;
      machine.mode = 'UP';
      machine.unavailability = null;
    }
    for (const [key, { id, unavailability }] of named) {
      const machine = this.#state.machines.get(key);
      if (machine === undefined) this.#state.machines.set(key, { id, mode: 'DRAINING', unavailability });
      else Object.assign(machine, { unavailability, mode: machine.mode === 'UP' ? 'DRAINING' : machine.mode });
    }
    this.#save(schedule);
    for (const { id } of this.#state.agents.values()) this.#offers.rescind(id);
  }

  /** Down, at once: the machine's agents are shut down and removed, their tasks lost. @throws Refusal */
  start(ids: MachineId[]): void {
    const machines = this.#machines(ids, 'DRAINING', 'is not in DRAINING mode and cannot be brought down');
    for (const machine of machines) {
      machine.mode = 'DOWN';
      for (const agent of [...this.#state.agents.values()]) {
        if (machineKey(agent.info) !== machineKey(machine.id)) continue;
        const message = "Operator initiated 'Machine DOWN'";
        agent.link?.send({ kind: 'shutdown', message });
        this.#departures.remove(agent, message);
      }
    }
    this.#save(this.#state.registry.state.schedule);
  }

  /** Up again, and out of the schedule. @throws Refusal */
  stop(ids: MachineId[]): void {
    const machines = this.#machines(ids, 'DOWN', 'is not in DOWN mode and cannot be brought up');
    const up = new Set(machines.map(({ id }) => machineKey(id)));
    for (const machine of machines) Object.assign(machine, { mode: 'UP', unavailability: null });
    const windows = this.schedule.windows
      .map((window) => ({ ...window, machine_ids: window.machine_ids.filter((id) => !up.has(machineKey(id))) }))
      .filter(({ machine_ids }) => machine_ids.length > 0);
    this.#save(windows.length > 0 ? { windows } : null);
  }

  #save(schedule: Schedule | null): void {
    const machines = [...this.#state.machines.values()].filter(({ mode }) => mode !== 'UP');
    this.#state.registry.change((registry) =>
      Object.assign(registry, { machines: structuredClone(machines), schedule }),
    );
  }

  #machines(ids: MachineId[], mode: Machine['mode'], otherwise: string): Machine[] {
    if (ids.length === 0) throw new Refusal(400, 'List of machines is empty');
    const seen = new Set<string>();
    for (const id of ids) validateMachine(id, seen);
    return ids.map((id) => {
      const machine = this.#state.machines.get(machineKey(id));
      const text = `Machine '${machineJson(id)}'`;
      if (machine === undefined) throw new Refusal(400, `${text} is not part of a maintenance schedule`);
      if (machine.mode !== mode) throw new Refusal(400, `${text} ${otherwise}`);
      return machine;
    });
  }

  #validate({ windows }: Schedule): void {
    const seen = new Set<string>();
    for (const { machine_ids, unavailability } of windows) {
      if (machine_ids.length === 0) throw new Refusal(400, 'List of machines in the maintenance window is empty');
      if ((unavailability.duration?.nanoseconds ?? 0) < 0)
        throw new Refusal(400, "Unavailability 'duration' is negative");
      for (const id of machine_ids) validateMachine(id, seen);
    }
    for (const { id } of this.down) {
      if (!seen.has(machineKey(id)))
        throw new Refusal(400, `Machine '${machineJson(id)}' is deactivated and cannot be removed from the schedule`);
    }
  }
}

function validateMachine(id: MachineId, seen: Set<string>): void {
  if ((id.hostname ?? '') === '' && (id.ip ?? '') === '')
    throw new Refusal(400, "Both 'hostname' and 'ip' for a machine are empty");
  // The text is stout/ip.hpp's.
  if ((id.ip ?? '') !== '' && !isIPv4(id.ip ?? '')) throw new Refusal(400, `Failed to parse IPv4: ${id.ip ?? ''}`);
  if (seen.has(machineKey(id)))
    throw new Refusal(400, `Machine '${machineJson(id)}' appears more than once in the schedule`);
  seen.add(machineKey(id));
}

function machineJson({ hostname, ip }: MachineId): string {
  return JSON.stringify({ hostname, ip });
}
