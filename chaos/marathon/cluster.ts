import { SimHostsClient } from '../../devfleet/host/client.ts';
import { MarathonHands } from '../../test/support/marathon-hands.ts';
import { MesosAdmin } from '../../test/support/mesos-admin.ts';
import type { Lane } from '../release/lane.ts';

/** Where a Mesos, its Marathon, and the machines of its agents are broken. */
export interface MesosHands {
  admin: MesosAdmin;
  marathon: MarathonHands;
  hosts: SimHostsClient;
}

/** The Mesos of the fleet, which all lanes share. */
export function mesosOf({ world }: Lane): MesosHands {
  for (const { mesos, hostsAdmin } of Object.values(world.fleet.idcs)) {
    if (mesos === null) continue;
    return {
      admin: new MesosAdmin(mesos.admin),
      marathon: new MarathonHands(mesos.marathon[0] ?? ''),
      hosts: new SimHostsClient(hostsAdmin),
    };
  }
  throw new Error('the fleet has no Mesos');
}
