import type { Part } from '../input/fault.ts';
import type { Job } from './job.ts';

/** Whose address a task has: that of its agent; one that is mapped to its agent's; one of its own. */
export type NetworkMode = 'host' | 'bridge' | 'container';

const DOCKER_MODES: Record<string, NetworkMode> = { HOST: 'host', BRIDGE: 'bridge', USER: 'container' };
const MODES: Record<string, NetworkMode> = { host: 'host', 'container/bridge': 'bridge', container: 'container' };

/** As Marathon makes one shape of the old ones and the new (mesosphere/marathon, AppNormalization.scala, NetworkTranslation). */
export function networkMode(app: Part): NetworkMode {
  const docker = app.get('container').get('docker').get('network').text;
  if (docker !== undefined) return DOCKER_MODES[docker] ?? 'container';
  if (typeof app.get('ipAddress').value === 'object' && app.get('ipAddress').value !== null) return 'container';
  const [first] = app.get('networks').items();
  return first === undefined ? 'host' : (MODES[first.get('mode').text ?? 'container'] ?? 'container');
}

const OWN_ADDRESS = 'each instance has an address of its own';
const HOST =
  'it shared the address of its host: see that it reaches nothing by 127.0.0.1, and that nothing reaches it by the name of a host';

/** `networks`, `ipAddress` and `container.docker.network`. */
export function translateNetworks(job: Job): void {
  const { app, ledger } = job;
  const mode = networkMode(app);
  const networks = app.get('networks').items();
  networks.forEach((network, at) => {
    const [kind, name] = [network.get('mode'), network.get('name')];
    if (at > 0) ledger.person(network, 'network', 'a pod has one address: which network?', [], ['mode', 'name']);
    else {
      if (kind.text === 'host') ledger.person(kind, 'network', HOST);
      else if (kind.text !== undefined && kind.text in MODES) ledger.notNeeded(kind, 'kubernetes', OWN_ADDRESS);
      if (name.text !== undefined) ledger.notNeeded(name, 'kubernetes', "it is in its cluster's network");
    }
    translateAddressLabels(job, network.get('labels'), kind.text === 'host');
  });

  const docker = app.get('container').get('docker').get('network');
  if (docker.text === 'HOST') ledger.person(docker, 'network', HOST);
  else if (docker.text === 'NONE') ledger.person(docker, 'network', 'it had no network, and a pod has one');
  else if (docker.text !== undefined && docker.text in DOCKER_MODES)
    ledger.notNeeded(docker, 'kubernetes', OWN_ADDRESS);
  if (mode === 'host' && networks.length === 0 && docker.text === undefined)
    ledger.missing('networks', 'network', HOST);

  const address = app.get('ipAddress');
  if (address.get('networkName').text !== undefined)
    ledger.notNeeded(address.get('networkName'), 'kubernetes', "it is in its cluster's network");
  if (address.get('groups').items().length > 0) ledger.notNeeded(address.get('groups'), 'ignored');
  translateAddressLabels(job, address.get('labels'), false);
}

/**
 * Labels of a network travel to the address plugin of the agent (`NetworkInfo.labels`, in the CNI configuration
 * `args."org.apache.mesos".network_info.labels`): so a task asks for the address that it keeps.
 */
function translateAddressLabels({ ledger }: Job, labels: Part, onHost: boolean): void {
  for (const key of labels.keys()) {
    const label = labels.get(key);
    if (label.text === undefined) continue;
    if (onHost) ledger.notNeeded(label, 'ignored', 'the network of the host has no address plugin');
    else {
      const ask = 'ask the address plugin of the cluster for the same';
      ledger.person(label, 'address', `a fixed-address request, ${key}=${label.text}: ${ask}`);
    }
  }
}
