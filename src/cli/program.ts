import { Command, Option } from '@commander-js/extra-typings';
import type { CommandName } from '../domain/states.ts';
import { DEFAULT_API } from './api.ts';
import { applyAppFile, getApps } from './commands/app.ts';
import { checkFleetFile } from './commands/fleet.ts';
import { importMarathonApps, nodeLabel } from './commands/import.ts';
import {
  enableVersion,
  listDisabledVersions,
  repairGroup,
  retryRelease,
  rollbackRelease,
  yieldRelease,
} from './commands/recover.ts';
import { commandRelease, configureRelease, getReleases, planRelease, startRelease } from './commands/release.ts';
import { restartInstances } from './commands/restart.ts';
import { scaleGroup, sizes } from './commands/scale.ts';
import { convertGroups } from './commands/convert.ts';
import { promoteApp } from './commands/promote.ts';
import { adoptGroups, detachGroups } from './commands/takeover.ts';
import { explain } from './commands/why.ts';
import { EXIT_MEANINGS, type ExitCode } from './exit.ts';
import { number, whole, withKnobs } from './knobs.ts';
import { addImageCommands } from './image-commands.ts';
import { addRegistryCommands } from './registry-commands.ts';
import { type Act, openSession, type Session } from './session.ts';
import type { Terminal } from './terminal.ts';
import { watchRelease } from './watch/watch.ts';

/** Called with what a command ended with. */
type Ended = (exit: ExitCode) => void;

/** The commands of `transship`. Each ends by telling `ended` its exit code, or throws a Failure. */
export function buildProgram(terminal: Terminal, ended: Ended): Command {
  const program = new Command('transship')
    .description('Delivers containers across datacentres: releases applications batch by batch over many clusters.')
    .option('--api <url>', `address of the API (default: TRANSSHIP_API, else ${DEFAULT_API})`)
    .option('--json', 'results as JSON on standard output, everything else on standard error')
    .option('--no-color', 'no colours (NO_COLOR is honoured too)')
    .showHelpAfterError('(transship --help, or --help after a command, shows how it is used)')
    .addHelpText('after', `\n${EXAMPLES}\n\nExit codes:\n${exitCodes()}`);

  const act: Act =
    <A extends unknown[]>(run: (session: Session, ...args: A) => Promise<ExitCode>) =>
    async (...args: A): Promise<void> =>
      ended(await run(openSession(terminal, program.opts()), ...args));

  const fleet = program.command('fleet').description('the fleet file');
  fleet
    .command('check')
    .description('Check a fleet file, offline: every place that is wrong, with a hint')
    .option('-f, --file <file>', 'fleet file (default: TRANSSHIP_FLEET, else fleet.yml)')
    .addHelpText('after', '\nExample:\n  transship fleet check -f fleet.yml')
    .action(
      act(async (session, { file }: { file?: string | undefined }) =>
        checkFleetFile(session.terminal, file ?? terminal.env['TRANSSHIP_FLEET'] ?? 'fleet.yml'),
      ),
    );

  const app = program.command('app').description('what runs where: app files');
  app
    .command('apply')
    .description('Show what an app file changes, then put it in force. Clusters change with the next release.')
    .requiredOption('-f, --file <file>', 'app file (YAML or JSON)')
    .option('--dry-run', 'only show it')
    .option('-y, --yes', 'do not ask (without a terminal nothing is asked)')
    .addHelpText(
      'after',
      '\nExamples:\n  transship app apply -f app.yml --dry-run\n  transship app apply -f app.yml --yes',
    )
    .action(act(applyAppFile));
  app
    .command('import')
    .description(
      'Translate Marathon apps to app files, and tell what becomes of each of their fields: translated, not needed, or left to a person. A plan: nobody is asked, nothing is changed. Exit code 5 where something needs a person.',
    )
    .requiredOption(
      '--marathon <file...>',
      'JSON of Marathon, - for standard input: an app, a list of them, what GET /v2/apps or /v2/groups answers',
    )
    .option('--env <env>', "environment of the groups (default: the app's label environment or env)")
    .option(
      '--place <place...>',
      'where the instances go, shared out evenly: CLUSTER/AZ; with --fleet also a cluster or an IDC, for all of its AZs',
    )
    .option('--owner <owner>', "who answers for it (default: the app's label owner, team, maintainer or contact)")
    .option(
      '--node-label <attribute=label>',
      'label of the nodes that says what an attribute of Mesos agents, or hostname, said; may be repeated',
      nodeLabel,
    )
    .option('-f, --fleet <file>', 'check the result against this fleet file (default: TRANSSHIP_FLEET, else no check)')
    .option('--out <folder>', 'write one app file for each app there, and only the report to the screen')
    .addHelpText(
      'after',
      `
Of each app: the app file, and a table with a line for every field. Work off the lines that need a person, then go on with
transship app apply. What becomes of which field: docs/importing.md.

Examples:
  curl -s marathon:8080/v2/apps | transship app import --marathon - --env pro --place north-1/az-1
  transship app import --marathon apps.json --env pro --fleet fleet.yml --place north --node-label rack=example.com/rack --out apps
  transship app import --marathon apps.json --json | jq .totals`,
    )
    .action(act(importMarathonApps));
  app
    .command('get')
    .description('List apps, or show one: groups, what they run, where their instances are')
    .argument('[app]', 'name of the app')
    .action(act(async (session, name: string | undefined) => getApps(session, name)));

  addReleaseCommands(program.command('release').description('bring a version to the groups of an app'), act);
  program.addCommand(
    withKnobs(
      new Command('restart')
        .description(
          'Make instances anew on what they run: a bastion first, then batch by batch, under the brake. An abort stops it; what was made anew stays.',
        )
        .argument('<app>', 'name of the app')
        .argument('[subject...]', 'groups, or instances such as web-3 (default: every group of the environment)')
        .requiredOption('--env <env>', 'environment'),
    )
      .option('--dry-run', 'only show the plan')
      .option('-w, --watch', 'follow it until it has ended or waits for a person')
      .addHelpText(
        'after',
        '\nExamples:\n  transship restart shop --env pro --dry-run\n  transship restart shop web-3 --env pro --watch',
      )
      .action(act(restartInstances)),
  );
  program
    .command('scale')
    .description(
      'Change how many instances a group has: what comes takes traffic once it is ignited, what goes is taken out before it ends, under the brake. An abort brings the sizes back.',
    )
    .argument('<app>', 'name of the app')
    .argument('[group]', 'name of the group (may be left out where there is one)')
    .requiredOption('--env <env>', 'environment')
    .requiredOption(
      '--to <n>',
      'how many in all, shared out evenly over the AZs; or for single places CLUSTER/AZ=N, may be repeated',
      sizes,
    )
    .option('--drain <seconds>', 'wait after an instance left the endpoints', number)
    .option('--startup <seconds>', 'time that an instance has to ignite (default: as the app file says)', whole)
    .option('--ignore-ignition', 'an instance that runs counts as ignited; its health page is not asked')
    .option('--dry-run', 'only show the plan')
    .option('-w, --watch', 'follow it until it has ended or waits for a person')
    .addHelpText(
      'after',
      '\nExamples:\n  transship scale shop web --env pro --to 12 --dry-run\n  transship scale shop --env pro --to north-1/az-1=4 --to south-1/az-1=8 --watch',
    )
    .action(act(scaleGroup));
  program.addCommand(
    withKnobs(
      new Command('promote')
        .description(
          'Release a version in one environment after the other: in each a release of its own, with the same images, and a gate between (transship release rollout opens it). An abort undoes what is under way; the environments before stay.',
        )
        .argument('<app>', 'name of the app')
        .argument('<version>', 'what to release: the tag of its images')
        .option('--env <env...>', 'environments in order (default: all of the fleet file in which the app has a group)')
        .option('--group <group...>', 'only these groups')
        .option('--joined', 'in each environment its groups as one, batch by batch in step')
        .option('--promote <how>', "between two environments: manual, automatic, or 10m (default: the fleet file's)"),
    )
      .option('--dry-run', 'only show the plan, of each environment as it is now')
      .option('-w, --watch', 'follow it until it has ended or waits for a person')
      .addHelpText(
        'after',
        '\nExamples:\n  transship promote shop v2 --dry-run\n  transship promote shop v2 --env fat uat pro --promote 10m --watch\n  transship release rollout rel-c3xq2m7k4a',
      )
      .action(act(promoteApp)),
  );
  program
    .command('adopt')
    .description(
      'Take over StatefulSets that somebody else made and that the app file names (placement[].set), as they run: no instance ends. An abort leaves them again.',
    )
    .argument('<app>', 'name of the app')
    .argument('[group...]', 'groups (default: every group of the environment)')
    .requiredOption('--env <env>', 'environment')
    .requiredOption('--version <version>', 'what they run: the tag of their images, which a rollback comes back to')
    .option('--dry-run', 'only show the plan: whose instances they are, and what the next release would change')
    .option('-w, --watch', 'follow it until it has ended or waits for a person')
    .addHelpText('after', '\nExample:\n  transship adopt shop web --env pro --version v1 --dry-run')
    .action(act(adoptGroups));
  program
    .command('detach')
    .description(
      'Leave the sets of groups as they run, to whoever has them then (kubectl, Helm, Argo CD): no instance ends. An abort takes them over again.',
    )
    .argument('<app>', 'name of the app')
    .argument('[group...]', 'groups (default: every group of the environment)')
    .requiredOption('--env <env>', 'environment')
    .option('--dry-run', 'only show the plan')
    .option('-w, --watch', 'follow it until it has ended or waits for a person')
    .addHelpText('after', '\nExample:\n  transship detach shop web --env pro --dry-run')
    .action(act(detachGroups));
  program
    .command('convert')
    .description(
      'Make OrderedReady sets Parallel, under their instances: the sets are made anew, no instance ends. Their releases then go batch by batch, not one instance at a time. An abort makes them what they were.',
    )
    .argument('<app>', 'name of the app')
    .argument('[group...]', 'groups (default: every group of the environment)')
    .requiredOption('--env <env>', 'environment')
    .addOption(
      new Option('--to <management>', 'what they become').choices(['parallel', 'ordered'] as const).default('parallel'),
    )
    .option('--dry-run', 'only show the plan')
    .option('-w, --watch', 'follow it until it has ended or waits for a person')
    .addHelpText('after', '\nExample:\n  transship convert shop web --env pro --dry-run')
    .action(act(convertGroups));
  program
    .command('repair')
    .description(
      'Bring a group to rest that its last operation left half done, or whose sets somebody else changed, by looking at what runs',
    )
    .argument('<app>', 'name of the app')
    .argument('<group>', 'name of the group')
    .requiredOption('--env <env>', 'environment')
    .addOption(new Option('--back', 'to what was released before (default after a release)').conflicts('forward'))
    .option(
      '--forward',
      'to what that operation was to bring (default after a rollback or repair, and past a point of no return)',
    )
    .option('--dry-run', 'only show the plan')
    .option('-w, --watch', 'follow it until it has ended or waits for a person')
    .option('--reason <text>', 'why, for the audit')
    .addHelpText('after', '\nExample:\n  transship repair shop web --env pro --dry-run')
    .action(act(repairGroup));

  program
    .command('why')
    .description(
      'Say why a group stands as it does: what is waited for, since, until, who can unblock it, what to type',
    )
    .argument('<app>', 'name of the app')
    .argument('[subject]', 'a group, or an instance such as web-3 (default: every group)')
    .option('--env <env>', 'environment (default: all)')
    .addHelpText('after', '\nExample:\n  transship why shop web --env pro')
    .action(act(explain));

  const image = program.command('image').description('the image registries of the IDCs, kept in step');
  addImageCommands(image, act);
  addRegistryCommands(program.command('registry').description('the image registries themselves'), act);

  const version = program.command('version').description('versions that are held back');
  version
    .command('list')
    .description('List the versions of an app that were rolled back and are disabled')
    .argument('<app>', 'name of the app')
    .action(act(listDisabledVersions));
  version
    .command('enable')
    .description('Let a version be released again')
    .argument('<app>', 'name of the app')
    .argument('<version>', 'the version')
    .action(act(enableVersion));
  return program;
}

function addReleaseCommands(release: Command, act: Act): void {
  release.addCommand(
    releaseOptions('plan', 'Show what a release would do: who is in which batch, and the arithmetic of the brake')
      .addHelpText('after', '\nExample:\n  transship release plan shop v2 --env pro --batch-percent 20')
      .action(act(planRelease)),
  );
  release.addCommand(
    releaseOptions('start', 'Release a version: bastion first, then batch by batch')
      .option('-w, --watch', 'follow it until it has ended or waits for a person')
      .option('--queue', 'where another operation holds a group: wait for its turn')
      .addOption(new Option('--supersede', 'abort those that are ahead, then go').conflicts('queue'))
      .option('--idempotency-key <key>', 'the same key sent again finds the same release (default: a new one)')
      .addHelpText(
        'after',
        '\nExamples:\n  transship release start shop v2 --env pro --watch\n  transship release start shop v2 --env pro --idempotency-key "$CI_JOB_ID"',
      )
      .action(act(startRelease)),
  );
  release
    .command('watch')
    .description(
      'Follow a release until it has ended or waits for a person; the exit code says which. Ctrl-C ends only the watching.',
    )
    .argument('<id>', 'id of the release')
    .addHelpText(
      'after',
      '\nExamples:\n  transship release watch rel-c3xq2m7k4a\n  transship release watch rel-c3xq2m7k4a --json | jq .step',
    )
    .action(act(async (session, id: string) => watchRelease(session, id)));
  release
    .command('get')
    .description('List the latest releases, or show one with its instances (its state is the exit code)')
    .argument('[id]', 'id of the release')
    .option('--app <app>', 'of this app only')
    .option('--env <env>', 'in this environment only')
    .option('--live', 'only those that have not ended')
    .option('--limit <n>', 'at most so many', whole)
    .action(act(getReleases));
  release
    .command('rollback')
    .description(
      'Bring back what ran before a release, and disable its version. One that runs is undone; one that has ended is rolled back by a release of its own, in batches of 50 %.',
    )
    .argument('<id>', 'id of the release')
    .option('--group <group...>', 'only these groups')
    .option('--dry-run', 'only show the plan')
    .option('-w, --watch', 'follow it until it has ended or waits for a person')
    .option('--reason <text>', 'why, for the audit')
    .addHelpText('after', '\nExample:\n  transship release rollback rel-c3xq2m7k4a --reason "orders fail" --watch')
    .action(act(rollbackRelease));
  release
    .command('retry')
    .description('Release again, with the same knobs, to the groups of an ended release that did not succeed')
    .argument('<id>', 'id of the release')
    .option('-w, --watch', 'follow it until it has ended or waits for a person')
    .action(act(retryRelease));
  release
    .command('yield')
    .description(
      'Let those that wait for its groups go first: it is undone, and queued again behind them as a new release',
    )
    .argument('<id>', 'id of the release')
    .option('-w, --watch', 'follow the new one until it has ended or waits for a person')
    .action(act(yieldRelease));
  release.addCommand(configureCommand().action(act(configureRelease)));
  const commands: [CommandName, string][] = [
    ['smoke', 'Open the gate before the bastion: it gets the new version, without traffic'],
    ['bake', 'Open the gate after the smoke: the bastion gets traffic'],
    ['rollout', 'Open the gate after the bake, or after a batch: the next batch goes'],
    ['finish', 'Open the gate after the last batch: the release ends, and cannot be undone any more'],
    ['brake', 'Stop a release before its next step; what is under way ends, what is out of traffic stays out'],
    ['resume', 'Let a braked or failed release look again, and go on where the budget allows'],
    ['abort', 'Stop a release and undo what it did'],
  ];
  for (const [name, description] of commands) {
    release
      .command(name)
      .description(description)
      .argument('<id>', 'id of the release')
      .option('--group <group>', 'only this group')
      .option('--reason <text>', 'why, for the audit')
      .action(
        act(async (session, id: string, options: { group?: string | undefined; reason?: string | undefined }) =>
          commandRelease(session, id, name, options),
        ),
      );
  }
}

/** Arguments and options that plan and start share. */
function releaseOptions(name: string, description: string) {
  return withKnobs(
    new Command(name)
      .description(description)
      .argument('<app>', 'name of the app')
      .argument('[version]', 'version: tag of the images')
      .requiredOption('--env <env>', 'environment')
      .option('--version <tag>', 'the version, where it is not given as an argument')
      .option('--group <group...>', 'only these groups (default: all of the environment)')
      .option('--joined', 'the groups as one, batch by batch in step; where one does not succeed all are undone'),
  );
}

function configureCommand() {
  return withKnobs(
    new Command('configure')
      .description(
        'Change the knobs of a running release, for what is still to come; the rest of the batches is sliced again',
      )
      .argument('<id>', 'id of the release')
      .option('--group <group>', 'only this group')
      .option('--reason <text>', 'why, for the audit'),
  ).addHelpText(
    'after',
    '\nExample:\n  transship release configure rel-c3xq2m7k4a --batch-percent 50 --gate batch=automatic',
  );
}

const EXAMPLES = `Examples:
  transship fleet check -f fleet.yml                           is the fleet file right?
  transship app apply -f app.yml                               say what runs where
  transship app import --marathon apps.json                    make app files of Marathon apps
  transship release plan shop v2 --env pro           what would happen?
  transship release start shop v2 --env pro --watch  release it and follow it
  transship release abort rel-c3xq2m7k4a --reason "wrong tag"  undo it
  transship release rollback rel-c3xq2m7k4a          bring back what ran before it
  transship image rules apply -f shop-images.yml     say which images go to which registries
  transship image sync shop/web:v2                   bring an image there now
  transship image status                             is anything late?
  transship registry connect                         are the registries as the rules need them?`;

function exitCodes(): string {
  return Object.entries(EXIT_MEANINGS)
    .map(([code, meaning]) => `  ${code.padStart(3)}  ${meaning}`)
    .join('\n');
}
