import type { Fault, Part } from '../../input/fault.ts';
import { Taker } from './taker.ts';

/** What is mounted of a pod's volumes: folders of the host. A volume that nothing mounts is none. */
export function volumesOf(volumes: Part, mounts: Part, faults: Fault[]): Record<string, unknown>[] {
  return mounts.items().flatMap((mount) => {
    const fields = new Taker(mount, faults);
    const [name, mountPath, readOnly] = ['name', 'mountPath', 'readOnly'].map((key) => fields.take(key));
    fields.refuseRest();
    const volume = volumes.items().find((one) => one.get('name').text === name?.text);
    const hostPath = volume?.get('hostPath').get('path').text;
    if (hostPath !== undefined)
      return [{ containerPath: mountPath?.text, hostPath, mode: readOnly?.value === true ? 'RO' : 'RW' }];
    faults.push((volume ?? mount).fault('must be a hostPath: Marathon mounts no other volume'));
    return [];
  });
}
