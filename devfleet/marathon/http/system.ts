import { notFound } from '../errors.ts';
import type { Clocks, MarathonOptions } from '../options.ts';
import type { Store } from '../store.ts';
import type { Answer, Call } from './call.ts';

/** What a process tells of itself and of the election. */
export interface Self {
  hostPort: string;
  store: Store;
  options: MarathonOptions;
  clocks: Clocks;
  /** `host:port` of the leader; null: there is none. */
  leaderHostPort: () => string | null;
  /** Gives leadership up, after a while. */
  abdicate: () => void;
}

/** GET /ping: text unless JSON is all that is accepted. */
export function ping({ accept }: Call): Answer {
  const json = accept.includes('json') && !/text\/|\*\/\*/.test(accept);
  return json
    ? { status: 200, body: 'pong' }
    : { status: 200, body: Buffer.from('pong'), headers: { 'Content-Type': 'text/plain' } };
}

/** GET /v2/leader. @throws Refusal 404 */
export function showLeader(self: Self): Answer {
  const leader = self.leaderHostPort();
  if (leader === null) throw notFound('There is no leader');
  return { status: 200, body: { leader } };
}

/** DELETE /v2/leader: the leader answers, and then goes. */
export function deleteLeader(self: Self): Answer {
  self.abdicate();
  return { status: 200, body: { message: 'Leadership abdicated', details: [] } };
}

/** GET /v2/info: the settings that this double has, and Marathon's defaults for the others. */
export function showInfo({ hostPort, store, options, clocks, leaderHostPort }: Self): Answer {
  const [hostname = '', port = ''] = hostPort.split(':');
  return {
    status: 200,
    body: {
      name: 'marathon',
      version: '1.11.24',
      buildref: 'unknown',
      elected: leaderHostPort() === hostPort,
      leader: leaderHostPort(),
      frameworkId: store.frameworkId,
      marathon_config: {
        checkpoint: true,
        decline_offer_duration: clocks.declineDuration,
        executor: '//cmd',
        failover_timeout: 604_800,
        features: [],
        framework_name: 'marathon',
        ha: true,
        hostname,
        local_port_max: 20_000,
        local_port_min: 10_000,
        master: 'zk://localhost:2181/mesos',
        max_instances_per_offer: 5,
        mesos_bridge_name: 'mesos-bridge',
        mesos_leader_ui_url: options.mesosUrl ?? 'http://leader.mesos:5050/',
        mesos_role: '*',
        min_revive_offers_interval: clocks.reviveInterval,
        reconciliation_initial_delay: clocks.reconcileDelay,
        reconciliation_interval: clocks.reconcileInterval,
        scale_apps_initial_delay: clocks.scaleDelay,
        scale_apps_interval: clocks.scaleInterval,
        task_launch_confirm_timeout: clocks.confirmTimeout,
        task_launch_timeout: clocks.launchTimeout,
        task_lost_expunge_initial_delay: clocks.expungeDelay,
        task_lost_expunge_interval: clocks.expungeInterval,
        maintenance_mode: true,
      },
      zookeeper_config: { zk: 'zk://localhost:2181/marathon' },
      http_config: { http_port: Number(port), https_port: 8443 },
    },
  };
}
