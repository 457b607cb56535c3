import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import type { Image } from './images.ts';
import type { Command } from './processes.ts';

/** Another program that copies images. Hosts are `host:port`, and speak http. */
export interface Peer {
  name: string;
  copy: (image: Image, from: string, to: string) => Command;
  /** The way that it has to bring all tags of a repository in step. */
  step: (repository: string, from: string, to: string) => Promise<Command>;
}

/** Tags that crane and regsync look at side by side: more than they do by themselves. */
const AT_ONCE = 8;

/** Without the last one it would compress what is not compressed: another image. */
const SKOPEO_FLAGS = ['--insecure-policy', '--src-tls-verify=false', '--dest-tls-verify=false', '--preserve-digests'];

export function crane(program: string): Peer {
  return {
    name: 'crane',
    copy: ({ repository, tag }, from, to) => [
      program,
      'copy',
      `${from}/${repository}:${tag}`,
      `${to}/${repository}:${tag}`,
    ],
    step: (repository, from, to) =>
      Promise.resolve([
        program,
        'copy',
        '--all-tags',
        `--jobs=${AT_ONCE}`,
        `${from}/${repository}`,
        `${to}/${repository}`,
      ]),
  };
}

/** @param folder for regsync's configuration */
export function regclient(regctl: string, regsync: string, folder: string): Peer {
  return {
    name: 'regctl',
    copy: ({ repository, tag }, from, to) => [
      regctl,
      ...[from, to].map((host) => `--host=reg=${host},tls=disabled`),
      'image',
      'copy',
      `${from}/${repository}:${tag}`,
      `${to}/${repository}:${tag}`,
    ],
    async step(repository, from, to) {
      const file = join(folder, 'regsync.yml');
      const creds = [from, to].map((registry) => ({ registry, tls: 'disabled', reqConcurrent: AT_ONCE }));
      const sync = [{ source: `${from}/${repository}`, target: `${to}/${repository}`, type: 'repository' }];
      await writeFile(file, stringify({ version: 1, creds, defaults: { parallel: AT_ONCE }, sync }));
      return [regsync, 'once', '--config', file];
    },
  };
}

/** What the machine has of it; null: nothing. It is not built: its cgo libraries are a matter of the distribution. */
export async function skopeo(): Promise<(Peer & { version: string }) | null> {
  const answer = await promisify(execFile)('skopeo', ['--version']).catch(() => null);
  if (answer === null) return null;
  return {
    name: 'skopeo',
    version: answer.stdout.trim(),
    copy: ({ repository, tag }, from, to) => [
      'skopeo',
      'copy',
      ...SKOPEO_FLAGS,
      `docker://${from}/${repository}:${tag}`,
      `docker://${to}/${repository}:${tag}`,
    ],
    step: (repository, from, to) =>
      Promise.resolve([
        'skopeo',
        'sync',
        ...SKOPEO_FLAGS,
        '--src=docker',
        '--dest=docker',
        `${from}/${repository}`,
        // It puts the last part of the source's name to that.
        `${to}/${dirname(repository)}`,
      ]),
  };
}
