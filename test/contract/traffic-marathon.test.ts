import { MARATHON, marathonWorld } from '../support/marathon-world.ts';
import { trafficContract } from './traffic.ts';

trafficContract('the record of sets on Marathon', MARATHON, () => marathonWorld());
