import { httpBeside } from '../support/beside.ts';
import { MARATHON, marathonWorld } from '../support/marathon-world.ts';
import { trafficContract } from './traffic.ts';

trafficContract('the record of sets on Marathon and a load balancer with an HTTP API', MARATHON, async () =>
  marathonWorld(await httpBeside()),
);
