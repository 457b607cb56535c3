import { inContainer, inPod } from './draft.ts';
import type { Job } from './job.ts';

/** `container.linuxInfo`: seccomp, and what is shared in memory. */
export function translateLinux({ app, draft, ledger }: Job): void {
  const linux = app.get('container').get('linuxInfo');
  const [profile, unconfined] = [linux.get('seccomp').get('profileName'), linux.get('seccomp').get('unconfined')];
  if (profile.text !== undefined)
    ledger.person(profile, 'kernel', 'put the profile on the nodes, and name it in seccompProfile (type Localhost)');
  if (unconfined.value === true)
    ledger.translated(unconfined, draft.put(inContainer('securityContext', 'seccompProfile'), { type: 'Unconfined' }));
  else if (unconfined.value === false) ledger.notNeeded(unconfined, 'default');

  const [mode, size] = [linux.get('ipcInfo').get('mode'), linux.get('ipcInfo').get('shmSize')];
  if (mode.text === 'PRIVATE') ledger.notNeeded(mode, 'kubernetes', 'a pod has an IPC namespace of its own');
  else if (mode.text === 'SHARE_PARENT')
    ledger.person(mode, 'kernel', 'it shared memory with its agent: who was at the other end?');
  if (size.number !== undefined && size.number > 0) {
    const volume = { name: 'shared-memory', emptyDir: { medium: 'Memory', sizeLimit: `${size.number}Mi` } };
    const to = draft.push(inPod('volumes'), volume);
    ledger.translated(size, [
      to,
      draft.push(inContainer('volumeMounts'), { name: volume.name, mountPath: '/dev/shm' }),
    ]);
  }
}
