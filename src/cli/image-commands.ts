import type { Command } from '@commander-js/extra-typings';
import { applyRuleFile, deleteRule, listRules, showHistory, showRule } from './commands/rules.ts';
import type { Act } from './session.ts';

/** The commands of `transship image rules`. */
export function addRuleCommands(rules: Command, act: Act): void {
  rules
    .command('list')
    .description('List the sync rules in force: which images go from which registry to which')
    .action(act(async (session) => listRules(session)));
  rules
    .command('get')
    .description('Show a sync rule, as a file that can be changed and applied again')
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
