import type { Finding } from '../domain/sync/connection.ts';
import { concerns, projectsOf } from '../domain/sync/projects.ts';
import { replicationOverlaps, type Replication } from '../domain/sync/replication.ts';
import type { SyncRule } from '../domain/sync/rule.ts';
import { hasProject } from '../drivers/harbor/projects.ts';
import { replicationsOf } from '../drivers/harbor/replications.ts';
import { listProjects, mayMakeProjects, rightsIn, type HarborProject } from '../drivers/harbor/rights.ts';
import { systemOf } from '../drivers/harbor/system.ts';
import { listRepositories } from '../registry/catalog.ts';
import { RegistryError } from '../registry/errors.ts';
import { connectHook } from './connect-hook.ts';
import type { Connecting } from './connecting.ts';

/** What comes from a project, and what goes into it: what the credential must be allowed there. */
const TO_READ = ['repository:pull'];
/** Tags are made by pushing; those that were new are taken away again when a sync is cancelled. */
const TO_WRITE = ['repository:pull', 'repository:push', 'tag:delete'];

/**
 * A Harbor by its own API: its projects that rules have to do with, what the credential may do in them, the webhook policies of
 * those that images come from, and replication rules that bring the same images.
 * @throws RegistryError where it does not answer as a Harbor does
 */
export async function connectHarbor(connecting: Connecting): Promise<Finding[]> {
  const { client, signal, rules, registry } = connecting;
  const { version, readOnly } = await systemOf(client, signal);
  if (version === null) return [unknownCredential(connecting)];
  const about = 'registry';
  const answers: Finding = readOnly
    ? { about, state: 'wrong', message: `Harbor ${version} is read only`, next: 'have its administrator end that' }
    : { about, state: 'ok', message: `Harbor ${version} knows the credential`, next: null };
  const out = rules.filter(({ from }) => from === registry.name);
  const into = rules.filter(({ to }) => to.includes(registry.name));
  const known = await listProjects(client, signal);
  const names = known.map(({ name }) => name);
  const [sources, targets] = [projectsOf(out, names), projectsOf(into, names)];
  const makes = into.some(({ createProject }) => createProject) ? await mayMakeProjects(client, signal) : false;
  const projects = [...new Set([...sources, ...targets])].sort().map(async (name): Promise<Finding[]> => {
    const project = known.find((one) => one.name === name);
    const concerned = {
      ...{ name, project, makes },
      out: out.filter((rule) => concerns(rule, name)),
      into: into.filter((rule) => concerns(rule, name)),
    };
    return connectProject(connecting, concerned);
  });
  return [
    answers,
    ...(await catalogue(connecting, out)),
    ...(await Promise.all(projects)).flat(),
    ...(await replications(connecting)),
  ];
}

interface Concerned {
  name: string;
  /** Undefined: there is none, or none that the credential sees. */
  project: HarborProject | undefined;
  /** The credential may make projects. */
  makes: boolean;
  /** Rules that bring images from it, and into it. */
  out: SyncRule[];
  into: SyncRule[];
}

async function connectProject(connecting: Connecting, concerned: Concerned): Promise<Finding[]> {
  const { client, signal, registry } = connecting;
  const { name, project, out, into } = concerned;
  const about = `project ${name}`;
  if (project === undefined && !(await hasProject(client, name, signal))) return [absentProject(about, concerned)];
  const needed = [...new Set([...(out.length > 0 ? TO_READ : []), ...(into.length > 0 ? TO_WRITE : [])])];
  const rights = project === undefined ? new Set<string>() : await rightsIn(client, project.id, signal);
  const lacking = needed.filter((right) => !rights.has(right));
  const findings: Finding[] = [
    lacking.length === 0
      ? { about, state: 'ok', message: `the credential may ${needed.join(', ')}`, next: null }
      : {
          ...{
            about,
            state: 'wrong',
            message: `the credential may not ${lacking.join(', ')}, of ${needed.join(', ')}`,
          },
          next: 'give the robot account these permissions in the project',
        },
  ];
  if (project?.isProxy === true && into.length > 0) {
    const message = `${name} is a proxy cache: nothing can be pushed into it, as ${list(into)} would`;
    findings.push({ about, state: 'wrong', message, next: `take it out of the images of ${list(into)}` });
  }
  if (out.some(({ onPush }) => onPush)) {
    findings.push(await connectHook(connecting, { name, id: project?.id ?? null, rights }, registry.webhookSecret));
  }
  return findings;
}

function absentProject(about: string, { name, makes, out, into }: Concerned): Finding {
  if (into.some(({ createProject }) => createProject)) {
    if (makes) return { about, state: 'ok', message: 'is not there, and is made with its first image', next: null };
    const next = `create it, or use a robot account of the system that may (project: create)`;
    return { about, state: 'wrong', message: 'is not there, and the credential may not create projects', next };
  }
  if (into.length > 0) {
    const next = `create it, or set createProject: true in ${list(into)}`;
    return { about, state: 'wrong', message: `is not there, and ${list(into)} would bring images into it`, next };
  }
  const next = `push there, or take ${name} out of the images of ${list(out)}`;
  return { about, state: 'wrong', message: `is not there: ${list(out)} brings nothing from it`, next };
}

/** Whoever is nobody to a Harbor is told so by no error. */
function unknownCredential({ registry: { name, credential } }: Connecting): Finding {
  const about = 'registry';
  if (credential === undefined) {
    const next = `set credential of registry ${name} in the fleet file, to a robot account`;
    return { about, state: 'wrong', message: 'there is no credential for it', next };
  }
  const next = `mend the credential of registry ${name} in the fleet file: a robot account may have run out, or be disabled`;
  return { about, state: 'wrong', message: 'the credential is none that it knows', next };
}

/** What a rule with wildcards brings is looked for in the list of all repositories. */
async function catalogue({ client, signal }: Connecting, out: readonly SyncRule[]): Promise<Finding[]> {
  const wide = out.filter(({ images }) => images.some(({ repository }) => /[*?]/.test(repository)));
  if (wide.length === 0) return [];
  const about = 'list of repositories';
  try {
    await listRepositories(client, signal, 1).next();
    return [{ about, state: 'ok', message: 'the credential may catalog: read', next: null }];
  } catch (error) {
    if (!(error instanceof RegistryError) || error.code !== 'REGISTRY_DENIED') throw error;
    const message = `the credential may not catalog: read: ${list(wide)} cannot be compared, and only pushes that are told of are brought`;
    const next = 'use a robot account of the system with that permission, or name the repositories one by one';
    return [{ about, state: 'wrong', message, next }];
  }
}

async function replications(connecting: Connecting): Promise<Finding[]> {
  const { client, signal, registry, registries, rules } = connecting;
  const nameOf = (url: string): string | null => {
    const host = URL.canParse(url) ? new URL(url).host : url;
    const same = (one: { url: string; host: string }): boolean => one.host === host || new URL(one.url).host === host;
    return registries.find(same)?.name ?? null;
  };
  try {
    const all = await replicationsOf(client, registry.name, nameOf, signal);
    return all.flatMap((one) => overlaps(one, rules));
  } catch (error) {
    if (!(error instanceof RegistryError) || error.code !== 'REGISTRY_DENIED') throw error;
    const message = 'the credential may not replication-policy: list';
    const next = 'look in Administration → Replications whether a rule copies what sync rules bring, and disable it';
    return [{ about: 'replication rules', state: 'unknown', message, next }];
  }
}

function overlaps(replication: Replication, rules: readonly SyncRule[]): Finding[] {
  const { name, enabled, trigger, from, to } = replication;
  return replicationOverlaps(replication, rules).map((overlap) => {
    const about = `replication rule ${name}`;
    const what = overlap.example ?? 'what may be the same images';
    const same = from === overlap.from ? ', too' : ` from ${overlap.from}: what a tag names there would go to and fro`;
    const way = `${what} from ${from ?? 'a registry outside the fleet'} to ${to}`;
    const message = `would bring ${way} (${trigger}), where sync rule ${overlap.rule} brings it${same}`;
    if (!enabled) return { about, state: 'ok', message: `is disabled; it ${message}`, next: null };
    const next = `disable it in Harbor, or take these images out of sync rule ${overlap.rule}`;
    return { about, state: 'wrong', message, next };
  });
}

const list = (rules: readonly SyncRule[]): string => `rule ${rules.map(({ name }) => name).join(', ')}`;
