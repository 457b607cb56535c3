import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import getPort from 'get-port';
import { describe, test } from 'vitest';
import type { JournalEntry } from '../../../devfleet/host/client.ts';
import { followNew } from './follow.ts';
import type { SimWorld } from './sim-world.ts';
import { containerOf, createPod, deletePod, isReady, PATIENT, web } from './world.ts';

const MAIN = fileURLToPath(new URL('../../../devfleet/host/main.ts', import.meta.url));

/** A power cut of a whole IDC's hosts. */
export function describeRestart(source: () => SimWorld): void {
  describe.concurrent('power cut', () => {
    test('containers die and come back in their pods, at their addresses; the journal goes on', async ({ expect }) => {
      const world = source();
      const node = 'cut-az-1-1';
      const file = join(world.dir, 'cut.json');
      const journalFile = join(world.dir, 'cut-journal.ndjson');
      const config = {
        idc: 'cut',
        kubeconfig: world.idc.adminKubeconfig,
        registryHosts: { [world.idc.registry.host]: world.idc.registry.directUrl },
        azs: { 'az-1': { hosts: 1 } },
        octet: 1 + Math.floor(Math.random() * 254),
        adminPort: await getPort(),
        proxyPort: await getPort(),
        journalFile,
      };
      await writeFile(file, JSON.stringify(config));
      const [image, once0] = await Promise.all([
        world.image({ version: 'v1' }),
        world.image({ 'crash-after-seconds': '0', 'exit-code': '0' }),
      ]);

      const first = await startHosts(file, world);
      const initContainers = [{ name: 'once', image: once0 }];
      const kept = await followNew(world, { node, containers: [web(image)], spec: { initContainers } });
      const lost = await followNew(world, { node, containers: [web(image)] });
      const before = await kept.untilReady();
      await lost.untilReady();
      first.kill('SIGKILL');
      await once(first, 'exit');
      await deletePod(world, lost.now, 0);
      const during = await createPod(world, { node, containers: [web(image)] });

      await startHosts(file, world);
      const from = kept.states.length;
      const after = await kept.until((state) => isReady(state) && containerOf(state)?.restartCount === 1, 'back', {
        from,
      });
      expect(after.metadata.uid).toBe(before.metadata.uid);
      expect(after.status?.podIP).toBe(before.status?.podIP);
      expect(containerOf(after)?.lastState.terminated).toMatchObject({ exitCode: 255, reason: 'Unknown' });
      expect(containerOf(after, 'once')).toMatchObject({ restartCount: 1, state: { terminated: { exitCode: 0 } } });

      const entries = (await readFile(journalFile, 'utf8'))
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as JournalEntry);
      expect(entries.map(({ n }) => n)).toEqual(entries.map((_, index) => index + 1));
      expect(entries.filter(({ kind }) => kind === 'hosts-started')).toHaveLength(2);
      const startsOf = (uid: string, name: string) =>
        entries.filter((entry) => entry.kind === 'container-started' && entry.uid === uid && entry.container === name);
      expect(startsOf(before.metadata.uid, 'web')).toHaveLength(2);
      expect(startsOf(lost.now.metadata.uid, 'web')).toHaveLength(1);
      await expect
        .poll(async () => (await readFile(journalFile, 'utf8')).includes(during.metadata.uid), PATIENT)
        .toBe(true);
    });
  });
}

async function startHosts(file: string, world: SimWorld): Promise<ChildProcess> {
  const child = spawn(process.execPath, [MAIN, file], { stdio: ['ignore', 'pipe', 'inherit'] });
  world.atEnd.push(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child;
}
