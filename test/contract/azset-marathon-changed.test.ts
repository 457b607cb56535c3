import { MARATHON, marathonWorld } from '../support/marathon-world.ts';
import { azSetChangeContract } from './azset.ts';

azSetChangeContract('Marathon', MARATHON, marathonWorld);
