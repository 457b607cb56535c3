import { InvalidArgumentError, Option, type Command } from '@commander-js/extra-typings';
import { SYNC_STATES } from '../domain/sync/progress.ts';
import { PRIORITIES } from '../domain/sync/priority.ts';
import { compareByRule } from './commands/compare.ts';
import { cancelImage, diffImages, syncImage } from './commands/image.ts';
import { showSyncs } from './commands/image-status.ts';
import { applyRuleFile, deleteRule, listRules, showHistory, showRule } from './commands/rules.ts';
import { whole } from './knobs.ts';
import type { Act } from './session.ts';

/** The commands of `transship image`. */
export function addImageCommands(image: Command, act: Act): void {
  image
    .command('sync')
    .description(
      'Bring an image to registries: shows what each has now, asks, and follows it until it is there. What is there already is not sent again; the tag moves last, and only while its source names this image. Exit code 3 where a registry did not get it.',
    )
    .argument('<image>', 'REPOSITORY:TAG or REPOSITORY@DIGEST, without the host of a registry')
    .option('--from <registry>', 'registry that has it (default: where sync rules bring it from)')
    .option('--to <registries>', 'registries, with commas between (default: where sync rules bring it to)', names)
    .option(
      '--tag <tag>',
      'tag that is to name it there; the source must name it so, too (default: that of the image; with a digest none)',
    )
    .addOption(
      new Option('--priority <priority>', 'what goes first where there is more to do (default: normal)').choices(
        PRIORITIES,
      ),
    )
    .option('--platform <platform...>', 'of an image for several platforms only these: linux/amd64 (default: all)')
    .option('--no-referrers', 'without its signatures, attestations and whatever else refers to it')
    .option('--dry-run', 'only show what each registry has, and what would be done')
    .option('-y, --yes', 'do not ask (without a terminal nothing is asked)')
    .option('--no-wait', 'do not follow it')
    .option('--idempotency-key <key>', 'the same key sent again is the same request (default: a new one)')
    .addHelpText('after', `\n${SYNC_HELP}`)
    .action(act(syncImage));
  image
    .command('status')
    .description(
      'Show how far which image is in which registry. Without an image: what is open, what failed lately, and how long syncs take; what waits for longer than a minute is named, with the reason.',
    )
    .argument('[image]', 'REPOSITORY, REPOSITORY:TAG or REPOSITORY@DIGEST (default: an overview)')
    .option('--registry <registry>', 'to this registry only')
    .addOption(
      new Option('--state <state>', 'only those in this state; open: not ended').choices([
        'open',
        ...SYNC_STATES,
      ] as const),
    )
    .option('--limit <n>', 'at most so many', whole)
    .option('-w, --watch', 'look again until nothing is open')
    .addHelpText('after', `\n${STATUS_HELP}`)
    .action(act(showSyncs));
  image
    .command('diff')
    .description(
      'Compare registries: which tags of a repository name the same image in all of them. Exit code 1 where they differ, 7 where one does not answer.',
    )
    .argument('<image>', 'REPOSITORY for all its tags, or REPOSITORY:TAG')
    .option('--registries <registries>', 'names, with commas between (default: all of the fleet)', names)
    .addHelpText('after', `\n${DIFF_HELP}`)
    .action(act(diffImages));
  image
    .command('cancel')
    .description(
      'Stop the sync of an image, whoever wanted it: nothing more is brought, and tags that it moved go back to what they named, where nobody else has moved them since',
    )
    .argument('<image>', 'REPOSITORY@DIGEST (transship image status REPOSITORY --json shows the digests)')
    .addHelpText('after', '\nExample:\n  transship image cancel shop/web@sha256:4f53cda1e029…')
    .action(act(async (session, image: string) => cancelImage(session, image)));
  addRuleCommands(image.command('rules').description('which images go to which registries: sync rules'), act);
}

/** `south,east`. */
function names(text: string): string[] {
  const parts = text.split(',').map((part) => part.trim());
  if (parts.some((part) => part === '')) throw new InvalidArgumentError('Names, with commas between: south,east');
  return parts;
}

/** The commands of `transship image rules`. */
function addRuleCommands(rules: Command, act: Act): void {
  rules
    .command('list')
    .description(
      'List the sync rules in force: which images go from which registry to which, when that was compared last, and what it left',
    )
    .action(act(async (session) => listRules(session)));
  rules
    .command('get')
    .description(
      'Show a sync rule, as a file that can be changed and applied again; how the last comparison by it ended stands in comments',
    )
    .argument('<name>', 'name of the rule')
    .addHelpText('after', '\nExample:\n  transship image rules get shop > shop-images.yml')
    .action(act(async (session, name: string) => showRule(session, name)));
  rules
    .command('apply')
    .description(
      'Show what the file of a sync rule changes and which other rules bring the same images, then put it in force. Refused where an image would come to a registry from two sources, or would go in a circle.',
    )
    .requiredOption('-f, --file <file>', 'file of the rule (YAML or JSON)')
    .option('--dry-run', 'only check and show it')
    .option('-y, --yes', 'do not ask (without a terminal nothing is asked)')
    .addHelpText('after', `\n${APPLY_HELP}`)
    .action(act(applyRuleFile));
  rules
    .command('compare')
    .description(
      'Compare the registries of a rule now, as it is done every so often: what is missing is brought, and tags that the source has no more go where the rule says so. Exit code 7 where an IDC could not be compared; 1 where something did not arrive, and with --dry-run where they differ.',
    )
    .argument('<name>', 'name of the rule')
    .option('--dry-run', 'only show what would be brought and deleted')
    .option('--most-deletions <n>', 'let go what is held back, this once: so many tags at most', whole)
    .option('--delete-repositories', 'this once also tags of repositories in which the source has none any more')
    .option('--no-wait', 'do not follow it')
    .addHelpText('after', `\n${COMPARE_HELP}`)
    .action(act(compareByRule));
  rules
    .command('delete')
    .description(
      'Delete a sync rule: it brings nothing any more. Copies that run go on, and what it has brought stays where it is.',
    )
    .argument('<name>', 'name of the rule')
    .option('-y, --yes', 'do not ask (without a terminal nothing is asked)')
    .addHelpText('after', '\nExample:\n  transship image rules delete shop')
    .action(act(deleteRule));
  rules
    .command('history')
    .description('Show who changed a sync rule, when, and what; also of one that was deleted')
    .argument('<name>', 'name of the rule')
    .addHelpText('after', "\nExample:\n  transship image rules history shop --json | jq '.changes[0].before'")
    .action(act(async (session, name: string) => showHistory(session, name)));
}

const APPLY_HELP = `A file, with all that must be in it and some that may (docs/registries.md has the rest):
  name: shop
  from: north                       # a registry: name of an IDC, or of a replica
  to: [south, east]
  images:
    - repository: shop/**           # all parts beneath shop; * is one part
      tags: ['v*', '!*-dev']        # default: all; ! takes out
    - repository: '!shop/secret/**'
  priority: low                     # default: normal
  windows: ['22:00-06:00 Europe/Berlin']

Examples:
  transship image rules apply -f shop-images.yml --dry-run
  transship image rules apply -f shop-images.yml --yes`;

const COMPARE_HELP = `Examples:
  transship image rules compare shop --dry-run
  transship image rules compare shop
  transship image rules compare shop --most-deletions 200        a retention at the source took 200 tags
  transship image rules compare shop --json | jq '.comparison.idcs'`;

const SYNC_HELP = `Registries are called as sync rules call them: the main one of an IDC by the name of the IDC, a replica by its own.

Examples:
  transship image sync shop/web:v2                               where the sync rules bring it
  transship image sync shop/web:v2 --dry-run                     what each registry has now
  transship image sync shop/web:v2 --from north --to south,east --priority high
  transship image sync shop/web@sha256:4f53cda1e029… --to south --from north
  transship image sync base/debian:12 --to south --from north --platform linux/amd64 linux/arm64
  transship image sync shop/web:v2 --yes --json | jq '.syncs[].report.bytes'`;

const STATUS_HELP = `Examples:
  transship image status                                         is anything late?
  transship image status shop/web:v2
  transship image status --registry south --state failed
  transship image status shop/web --watch
  transship image status --json | jq '.stats.registries[] | {registry, p99: .seconds.p99}'`;

const DIFF_HELP = `Examples:
  transship image diff shop/web
  transship image diff shop/web:v2 --registries north,south
  transship image diff shop/web --json | jq '.tags[] | select(.agrees | not) | .tag'`;
