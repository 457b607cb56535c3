import { z } from 'zod';

const seconds = z.number().positive();

/** Clocks of a master, in seconds. The defaults are those of Mesos (src/master/constants.hpp) and of Marathon. */
export const clocksSchema = z.strictObject({
  /** Between two pings of an agent. An answer later than that is a ping lost. */
  agentPing: seconds.default(15),
  /** So many pings lost in a row, and the agent is unreachable. */
  maxAgentPings: z.int().positive().default(5),
  /** An agent known from before has so long to come back to a new leader. */
  agentReregister: seconds.default(600),
  /** An agent unreachable for longer is expunged: the master knows it no more (registry_max_agent_age). */
  unreachableMaxAge: seconds.default(14 * 86_400),
  /** Between two rounds of offers; what comes free is offered at the next. */
  allocation: seconds.default(1),
  /** Between two HEARTBEAT events of SUBSCRIBE. */
  heartbeat: seconds.default(15),
  /** A framework that left and does not come back in time is removed, and its tasks with it (Marathon: a week). */
  frameworkFailover: seconds.default(7 * 86_400),
});

export type Clocks = z.output<typeof clocksSchema>;
