import type { Clocks } from '../clocks.ts';
import type { FromAgent } from '../link/messages.ts';
import { Agents } from './agents.ts';
import { Departures } from './departures.ts';
import { Frameworks } from './frameworks.ts';
import { Maintenance } from './maintenance.ts';
import { Offers } from './offers.ts';
import { AgentOperations } from './operations.ts';
import type { Registry } from './registry.ts';
import { MasterState, type Agent, type AgentLink } from './state.ts';

/** A master that leads. Who follows it is a new one, with the registry, and nothing else of what this knows. */
export class Master {
  readonly state: MasterState;
  readonly offers: Offers;
  readonly frameworks: Frameworks;
  readonly operations: AgentOperations;
  readonly maintenance: Maintenance;
  /** ms since 1970. */
  readonly electedAt = Date.now();
  readonly #agents: Agents;
  readonly #atStop = new Set<() => void>();

  constructor(id: string, domain: MasterState['domain'], registry: Registry, clocks: Clocks) {
    this.state = new MasterState(id, domain, registry, clocks);
    this.offers = new Offers(this.state);
    const departures = new Departures(this.state, this.offers);
    this.#agents = new Agents(this.state, this.offers, departures);
    this.frameworks = new Frameworks(this.state, this.offers, departures);
    this.operations = new AgentOperations(this.state, this.offers, departures);
    this.maintenance = new Maintenance(this.state, this.offers, departures);
  }

  /** A connection's first message. Null: turned away. @returns takes what comes next, and its end */
  agent(link: AgentLink, registration: Extract<FromAgent, { kind: 'register' }>): AgentSession | null {
    const agent = this.#agents.register(link, registration);
    return agent === null ? null : new AgentSession(this.#agents, agent, link);
  }

  /** @returns takes it back */
  onStop(act: () => void): () => void {
    this.#atStop.add(act);
    return () => this.#atStop.delete(act);
  }

  /** It leads no more: forgets everything, closes every connection. */
  stop(): void {
    for (const act of this.#atStop) act();
    this.state.timers.clear();
    this.state.events.removeAllListeners();
    for (const framework of this.state.frameworks.values()) framework.events = null;
    for (const agent of this.state.agents.values()) {
      agent.link?.end();
      agent.link = null;
    }
  }
}

/** One connection of a registered agent. */
export class AgentSession {
  readonly #agents: Agents;
  readonly #agent: Agent;
  readonly #link: AgentLink;

  constructor(agents: Agents, agent: Agent, link: AgentLink) {
    this.#agents = agents;
    this.#agent = agent;
    this.#link = link;
  }

  receive(message: FromAgent): void {
    // What comes over a connection that the master gave up is late.
    if (this.#agent.link !== this.#link) return;
    if (message.kind === 'pong') this.#agents.pong(this.#agent);
    else if (message.kind === 'update') this.#agents.update(this.#agent, message);
  }

  closed(): void {
    this.#agents.disconnected(this.#agent, this.#link);
  }
}
