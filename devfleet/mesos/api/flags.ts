import type { Clocks } from '../clocks.ts';
import { durationText } from '../master/duration.ts';

/** That of the code that this double follows (apache/mesos c1b42f7). */
export const VERSION = '1.12.0';

/** The flags of a master, as far as they say something of the double. */
export function flagsOf(clocks: Clocks, cluster: string, port: number, secured: boolean): Record<string, string> {
  return {
    agent_ping_timeout: durationText(clocks.agentPing),
    agent_reregister_timeout: durationText(clocks.agentReregister),
    allocation_interval: durationText(clocks.allocation),
    authenticate_http_readonly: String(secured),
    authenticate_http_readwrite: String(secured),
    cluster,
    ip: '127.0.0.1',
    max_agent_ping_timeouts: String(clocks.maxAgentPings),
    port: String(port),
    registry: 'replicated_log',
    registry_max_agent_age: durationText(clocks.unreachableMaxAge),
  };
}
