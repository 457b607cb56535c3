import { add, contains, isOfferable, resourcesText, subtract, sum } from '../resources.ts';
import type { MesosResources, MesosTaskInfo } from '../types.ts';
import { addTask, masterStatus } from './tasks.ts';
import { isTerminal, type Agent, type Framework, type MasterState, type OutstandingOffer } from './state.ts';

const YEAR_SECONDS = 31_536_000;
const DEFAULT_REFUSE_SECONDS = 5;

/** Who is offered what: the allocator and the offer calls of the scheduler API. */
export class Offers {
  readonly #state: MasterState;

  constructor(state: MasterState) {
    this.#state = state;
    state.timers.every(state.clocks.allocation, () => this.allocate());
  }

  /** One round: what is free on an agent goes, whole, to the framework with the least share that did not refuse it. */
  allocate(): void {
    const made = new Map<Framework, OutstandingOffer[]>();
    for (const agent of this.#state.agents.values()) {
      if (!agent.active) continue;
      const framework = this.#byShare().find((one) => this.#wants(one, agent));
      if (framework === undefined) continue;
      const offer = this.#offer(framework, agent);
      this.#state.offers.set(offer.id, offer);
      made.set(framework, [...(made.get(framework) ?? []), offer]);
    }
    for (const [framework, offers] of made) {
      this.#state.tell(framework, (events) => {
        // Some may have been rescinded on the way.
        const valid = offers.filter(({ id }) => this.#state.offers.has(id));
        if (valid.length > 0) events.offers(valid.map(({ frameworkId: _, ...offer }) => offer));
      });
    }
  }

  /** Takes an agent's offers back, since it is not to be had, or not as it was offered. */
  rescind(agentId: string): void {
    for (const { id, frameworkId } of this.#state.offersOf(agentId)) {
      this.#state.offers.delete(id);
      const framework = this.#state.frameworks.get(frameworkId);
      if (framework !== undefined) this.#state.tell(framework, (events) => events.rescinded(id));
    }
  }

  /** The framework is not there to take offers. */
  forget(framework: Framework): void {
    for (const { id, frameworkId } of [...this.#state.offers.values()])
      if (frameworkId === framework.id) this.#state.offers.delete(id);
  }

  /** ACCEPT with LAUNCH. Marathon sets no filter on what is left over: the next round offers it again. */
  accept(framework: Framework, offerIds: string[], launches: MesosTaskInfo[]): void {
    const error = this.#invalid(framework, offerIds);
    const offers = offerIds.flatMap((id) => this.#state.offers.get(id) ?? []);
    for (const { id } of offers) this.#state.offers.delete(id);
    const agent = this.#state.agents.get(offers[0]?.agentId ?? '');
    if (error !== null || agent === undefined) {
      const message = `Task launched with invalid offers: ${error ?? 'No offers specified'}`;
      for (const { taskId, agentId } of launches) {
        const status = masterStatus(taskId, agentId, 'TASK_DROPPED', message, 'REASON_INVALID_OFFERS');
        this.#state.tell(framework, (events) => events.update(status));
      }
      return;
    }
    let left = sum(offers.map(({ resources }) => resources));
    for (const task of launches) {
      const wrong = this.#invalidTask(framework, agent, task, left);
      if (wrong !== null) {
        const status = masterStatus(task.taskId, task.agentId, 'TASK_ERROR', wrong, 'REASON_TASK_INVALID');
        this.#state.tell(framework, (events) => events.update(status));
        continue;
      }
      left = subtract(left, task.resources);
      addTask(this.#state, framework, agent, task);
      agent.link?.send({ kind: 'run', frameworkId: framework.id, role: framework.role, task });
    }
  }

  decline(framework: Framework, offerIds: string[], refuseSeconds: number): void {
    const seconds = refuseSeconds < 0 ? DEFAULT_REFUSE_SECONDS : Math.min(refuseSeconds, YEAR_SECONDS);
    // A filter outlives the next round, however short it is (MESOS-4302).
    const until = Date.now() + Math.max(seconds, this.#state.clocks.allocation) * 1000;
    for (const id of offerIds) {
      const offer = this.#state.offers.get(id);
      if (offer?.frameworkId !== framework.id) continue;
      this.#state.offers.delete(id);
      if (seconds > 0) framework.refused.push({ agentId: offer.agentId, resources: offer.resources, until });
    }
  }

  /** Drops the framework's filters, and begins to offer again where it had asked for nothing more. */
  revive(framework: Framework): void {
    framework.suppressed = false;
    framework.refused = [];
    this.allocate();
  }

  #wants(framework: Framework, agent: Agent): boolean {
    const free = this.#state.freeFor(agent, framework.role);
    const now = Date.now();
    framework.refused = framework.refused.filter(({ until }) => until > now);
    const refused = framework.refused.some(
      ({ agentId, resources }) => agentId === agent.id && contains(resources, free),
    );
    return isOfferable(free) && !refused;
  }

  #offer(framework: Framework, agent: Agent): OutstandingOffer {
    const { hostname, domain, attributes } = agent.info;
    const unavailability = this.#state.machineOf(agent.info).unavailability;
    return {
      id: this.#state.nextOfferId(),
      frameworkId: framework.id,
      agentId: agent.id,
      hostname,
      region: domain?.region ?? null,
      zone: domain?.zone ?? null,
      attributes,
      resources: this.#state.freeFor(agent, framework.role),
      role: framework.role,
      unavailability:
        unavailability === null
          ? null
          : { start: unavailability.start.nanoseconds, duration: unavailability.duration?.nanoseconds ?? null },
    };
  }

  /** Frameworks that may be offered something, those with the least dominant share first. */
  #byShare(): Framework[] {
    const total = sum([...this.#state.agents.values()].map(({ info }) => info.resources));
    const share = (framework: Framework): number => {
      const tasks = [...framework.tasks.values()].filter(({ state }) => !isTerminal(state));
      const offered = [...this.#state.offers.values()].filter(({ frameworkId }) => frameworkId === framework.id);
      const has = add(sum(tasks.map(({ info }) => info.resources)), sum(offered.map(({ resources }) => resources)));
      return Math.max(has.cpus / (total.cpus || 1), has.mem / (total.mem || 1));
    };
    return [...this.#state.frameworks.values()]
      .filter(({ events, suppressed }) => events !== null && !suppressed)
      .map((framework) => ({ framework, share: share(framework) }))
      .sort((a, b) => a.share - b.share)
      .map(({ framework }) => framework);
  }

  /** src/master/validation.cpp, namespace offer */
  #invalid(framework: Framework, offerIds: string[]): string | null {
    if (offerIds.length === 0) return 'No offers specified';
    const twice = offerIds.find((id, at) => offerIds.indexOf(id) !== at);
    if (twice !== undefined) return `Duplicate offer ${twice} in offer list`;
    const gone = offerIds.find((id) => !this.#state.offers.has(id));
    if (gone !== undefined) return `Offer ${gone} is no longer valid`;
    const offers = offerIds.flatMap((id) => this.#state.offers.get(id) ?? []);
    const alien = offers.find(({ frameworkId }) => frameworkId !== framework.id);
    if (alien !== undefined)
      return `Offer ${alien.id} has invalid framework ${alien.frameworkId} while framework ${framework.id} is expected`;
    const first = offers[0]?.agentId ?? '';
    const other = offers.find(({ agentId }) => agentId !== first);
    if (other === undefined) return null;
    return `Aggregated offers must belong to one single agent. Offer ${other.id} uses agent ${other.agentId} and agent ${first}`;
  }

  /** src/master/validation.cpp, namespace task */
  #invalidTask(framework: Framework, agent: Agent, task: MesosTaskInfo, left: MesosResources): string | null {
    const { taskId } = task;
    if (framework.tasks.has(taskId)) return `Task has duplicate ID: ${taskId}`;
    if (framework.unreachable.has(taskId)) return `Task reuses the ID of an unreachable task: ${taskId}`;
    if (task.agentId !== agent.id) return `Task uses invalid agent ${task.agentId} while agent ${agent.id} is expected`;
    if (contains(left, task.resources)) return null;
    return `Total resources ${resourcesText(task.resources)} required by task and its executor is more than available ${resourcesText(left)}`;
  }
}
