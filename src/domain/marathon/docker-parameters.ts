import { inContainer, inPod, type Draft } from './draft.ts';
import { type Job, literally } from './job.ts';

/** Those that a kubelet sets for any pod; the others it refuses, unless it was started to allow them. */
const SAFE_SYSCTLS =
  /^(kernel\.shm_rmid_forced|net\.ipv4\.(ip_local_port_range|ip_local_reserved_ports|ip_unprivileged_port_start|ping_group_range|tcp_fin_timeout|tcp_keepalive_(time|intvl|probes)|tcp_syncookies))$/;

/** Options of `docker run` that have a counterpart; each returns the path of what it wrote, or null where the value has none. */
const OPTIONS: Record<string, (draft: Draft, value: string) => string | null> = {
  'add-host': (draft, value) => {
    const [, name, ip] = /^([^:]+):(.+)$/.exec(value) ?? [];
    return name === undefined || ip === undefined ? null : draft.push(inPod('hostAliases'), { ip, hostnames: [name] });
  },
  'cap-add': (draft, value) => draft.push(inContainer('securityContext', 'capabilities', 'add'), capability(value)),
  'cap-drop': (draft, value) => draft.push(inContainer('securityContext', 'capabilities', 'drop'), capability(value)),
  dns: (draft, value) => draft.push(inPod('dnsConfig', 'nameservers'), value),
  'dns-search': (draft, value) => draft.push(inPod('dnsConfig', 'searches'), value),
  env: (draft, value) => {
    const [, name, said] = /^([^=]+)=(.*)$/s.exec(value) ?? [];
    return name === undefined || said === undefined
      ? null
      : draft.push(inContainer('env'), { name, value: literally(said) });
  },
  'read-only': (draft, value) =>
    value === 'true' ? draft.put(inContainer('securityContext', 'readOnlyRootFilesystem'), true) : null,
  sysctl: (draft, value) => {
    const [, name, said] = /^([^=]+)=(.*)$/.exec(value) ?? [];
    return name === undefined || said === undefined || !SAFE_SYSCTLS.test(name)
      ? null
      : draft.push(inPod('securityContext', 'sysctls'), { name, value: said });
  },
  user: (draft, value) =>
    /^\d+$/.test(value) ? draft.put(inContainer('securityContext', 'runAsUser'), Number(value)) : null,
  workdir: (draft, value) => draft.put(inContainer('workingDir'), value),
};

/** `container.docker.parameters`: what Marathon hands to the Docker command line as it is. */
export function translateParameters({ app, draft, ledger }: Job): void {
  for (const parameter of app.get('container').get('docker').get('parameters').items()) {
    const [key, value] = [parameter.get('key').text, parameter.get('value').text];
    if (key === undefined || value === undefined) continue;
    const write = Object.hasOwn(OPTIONS, key) ? OPTIONS[key] : undefined;
    const to = write?.(draft, value) ?? null;
    const both = ['key', 'value'];
    if (to !== null) ledger.translated(parameter, to, '', both);
    else ledger.person(parameter, 'docker', `docker run --${key}: say it in the template, or leave it`, [], both);
  }
}

/** Docker takes `CAP_NET_ADMIN`, too; Kubernetes only `NET_ADMIN`. */
const capability = (name: string): string => name.toUpperCase().replace(/^CAP_/, '');
