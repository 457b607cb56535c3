import type { Platform } from '../../devfleet/platform.ts';
import { cpuSeconds, machineSeconds } from './usage.ts';

/** Who used the CPU since it was made. */
export class Usage {
  readonly #pids: Record<string, number[]>;
  readonly #before: { parts: Record<string, number>; busy: number; all: number };
  readonly #began = performance.now();

  constructor({ fleet, workers, apiProcess }: Platform) {
    const idcs = Object.values(fleet.idcs);
    const each = (part: Parameters<(typeof idcs)[number]['process']>[0]): number[] =>
      idcs.map((idc) => idc.process(part).pid);
    const onMesos = idcs.filter(({ mesos }) => mesos !== null);
    this.#pids = {
      worker: Object.values(workers).map(({ pid }) => pid),
      api: [apiProcess.pid],
      temporal: [fleet.process('temporal').pid],
      postgres: [fleet.process('postgres').pid],
      apiServers: each('kube-apiserver'),
      etcd: each('etcd'),
      controllerManagers: each('kube-controller-manager'),
      schedulers: each('kube-scheduler'),
      ...(onMesos.length === 0 ? {} : { mesos: onMesos.map((idc) => idc.process('mesos').pid) }),
      simHosts: each('hosts'),
      registries: each('registry'),
      toxiproxy: [fleet.process('toxiproxy').pid],
      frontDoor: [fleet.process('frontdoor').pid],
    };
    this.#before = this.#now();
  }

  /** Cores that each part kept busy; `bench` is this process, `others` what is no part of it all, `machine` what there is. */
  cores(): Record<string, number> {
    const now = this.#now();
    const seconds = (performance.now() - this.#began) / 1_000;
    const parts = Object.entries(now.parts)
      .map(([name, cpu]): [string, number] => [name, (cpu - (this.#before.parts[name] ?? 0)) / seconds])
      .sort(([, a], [, b]) => b - a);
    const ours = parts.reduce((sum, [, cores]) => sum + cores, 0);
    const busy = (now.busy - this.#before.busy) / seconds;
    const machine = (now.all - this.#before.all) / seconds;
    return { ...Object.fromEntries(parts), others: Math.max(0, busy - ours), machine };
  }

  #now(): { parts: Record<string, number>; busy: number; all: number } {
    const { user, system } = process.cpuUsage();
    const parts = Object.fromEntries(
      Object.entries(this.#pids).map(([name, pids]) => [name, pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0)]),
    );
    return { parts: { ...parts, bench: (user + system) / 1e6 }, ...machineSeconds() };
  }
}
