import { add, contains, NO_RESOURCES, resourcesText, subtract, sum } from '../resources.ts';
import type { MesosResources } from '../types.ts';
import { drainMessage } from './agents.ts';
import type { Departures } from './departures.ts';
import type { Offers } from './offers.ts';
import { Refusal } from './refusal.ts';
import { machineKey, type MachineId } from './registry.ts';
import type { Agent, MasterState } from './state.ts';

/** What operators do to agents: the calls of the operator API with their refusals (src/master/http.cpp). */
export class AgentOperations {
  readonly #state: MasterState;
  readonly #offers: Offers;
  readonly #departures: Departures;

  constructor(state: MasterState, offers: Offers, departures: Departures) {
    this.#state = state;
    this.#offers = offers;
    this.#departures = departures;
  }

  /** Its tasks run on; it is offered no more. Again is no error. @throws Refusal */
  deactivate(agentId: string): void {
    this.#mustBeKnown(agentId);
    this.#deactivate(agentId);
  }

  /** @throws Refusal */
  reactivate(agentId: string): void {
    const { registry, agents } = this.#state;
    if (!registry.state.deactivated.has(agentId)) throw new Refusal(400, 'Agent is not deactivated');
    if (registry.state.draining.get(agentId)?.state === 'DRAINING')
      throw new Refusal(400, 'Agent is still in the DRAINING state');
    registry.change((state) => {
      state.draining.delete(agentId);
      state.deactivated.delete(agentId);
    });
    const agent = agents.get(agentId);
    // The flag is gone all the same: of an unreachable or awaited agent, too.
    if (agent === undefined) throw new Refusal(409, 'Agent removed while processing the call');
    agent.drainStartedAt = null;
    agent.active = agent.link !== null;
    this.#offers.allocate();
  }

  /** Deactivates it and kills its tasks. @param maxGrace nanoseconds, or the tasks' own. @throws Refusal */
  drain(agentId: string, maxGrace: number | null, markGone: boolean): void {
    const agent = this.#state.agents.get(agentId);
    const machine = agent === undefined ? undefined : this.#scheduled(agent);
    if (machine !== undefined) {
      const text = `Agent ${agentId} is part of a maintenance schedule under Machine ${machineText(machine)}`;
      throw new Refusal(400, text);
    }
    if (agent !== undefined && !canDrain(agent.info.version))
      throw new Refusal(400, `Agent ${agentId} is not capable of draining`);
    this.#mustBeKnown(agentId);
    const config = {
      ...(maxGrace === null ? {} : { max_grace_period: { nanoseconds: maxGrace } }),
      mark_gone: markGone,
    };
    this.#state.registry.change((state) => state.draining.set(agentId, { state: 'DRAINING', config }));
    this.#deactivate(agentId);
    if (agent === undefined) return;
    agent.link?.send(drainMessage(config));
    agent.drainStartedAt = Date.now();
    this.#departures.checkDrained(agent);
  }

  /** Cannot be taken back. Again is no error. @throws Refusal */
  markGone(agentId: string): void {
    if (this.#state.registry.state.gone.has(agentId)) return;
    if (!this.#isKnown(agentId)) throw new Refusal(404, `Agent '${agentId}' not found`);
    this.#departures.markGone(agentId);
  }

  /** Takes offers back until there is enough. @throws Refusal */
  reserve(agentId: string, role: string, resources: MesosResources): void {
    const agent = this.#registered(agentId);
    this.#offers.rescind(agentId);
    const free = this.#state.freeFor(agent, '*');
    if (!contains(free, resources)) throw new Refusal(409, notContained(free, resources));
    agent.reserved.set(role, add(agent.reserved.get(role) ?? NO_RESOURCES, resources));
  }

  /** @throws Refusal */
  unreserve(agentId: string, role: string, resources: MesosResources): void {
    const agent = this.#registered(agentId);
    this.#offers.rescind(agentId);
    const reserved = agent.reserved.get(role) ?? NO_RESOURCES;
    const used = sum([...agent.tasks.values()].filter((task) => task.role === role).map(({ info }) => info.resources));
    const idle = subtract(reserved, used);
    if (!contains(idle, resources)) throw new Refusal(409, notContained(idle, resources));
    agent.reserved.set(role, subtract(reserved, resources));
  }

  #deactivate(agentId: string): void {
    const { registry, agents } = this.#state;
    registry.change((state) => state.deactivated.add(agentId));
    const agent = agents.get(agentId);
    if (agent === undefined) return;
    agent.active = false;
    this.#offers.rescind(agentId);
  }

  #registered(agentId: string): Agent {
    const agent = this.#state.agents.get(agentId);
    if (agent === undefined) throw new Refusal(400, 'No agent found with specified ID');
    return agent;
  }

  #mustBeKnown(agentId: string): void {
    if (!this.#isKnown(agentId)) throw new Refusal(400, 'Unknown agent');
  }

  #isKnown(agentId: string): boolean {
    const { agents, recovered, registry } = this.#state;
    return agents.has(agentId) || recovered.has(agentId) || registry.state.unreachable.has(agentId);
  }

  #scheduled({ info }: Agent): MachineId | undefined {
    const windows = this.#state.registry.state.schedule?.windows ?? [];
    return windows.flatMap((window) => window.machine_ids).find((id) => machineKey(id) === machineKey(info));
  }
}

/** Agents can drain since 1.9. */
export function canDrain(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 1 || (major === 1 && minor >= 9);
}

function machineText({ hostname, ip }: MachineId): string {
  if (hostname === undefined) return `(${ip ?? ''})`;
  return ip === undefined ? hostname : `${hostname} (${ip})`;
}

/** src/common/resources.cpp, ResourceConversion::apply */
function notContained(has: MesosResources, wants: MesosResources): string {
  return `${resourcesText(has)} does not contain ${resourcesText(wants)}`;
}
