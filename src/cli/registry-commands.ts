import type { Command } from '@commander-js/extra-typings';
import { connectRegistries } from './commands/connect.ts';
import type { Act } from './session.ts';

/** The commands of `transship registry`. */
export function addRegistryCommands(registry: Command, act: Act): void {
  registry
    .command('connect')
    .description(
      'Show whether registries are as the sync rules in force need them: does each answer, may its credential do what is needed in its projects, does it tell of pushes, does a replication rule of a Harbor copy the same images. Then, when asked, make and mend the webhook policies of Harbors. Exit code 5 where something is left for people.',
    )
    .argument('[registry]', 'name of an IDC, or of a replica (default: all that sync rules name)')
    .option('--dry-run', 'only show it')
    .option('-y, --yes', 'do not ask (without a terminal nothing is asked)')
    .addHelpText('after', `\n${CONNECT_HELP}`)
    .action(act(connectRegistries));
}

const CONNECT_HELP = `Nothing is changed but webhook policies. What is marked "wrong" says what somebody has to do; connect again to see that it is mended.

Examples:
  transship registry connect --dry-run
  transship registry connect north
  transship registry connect --yes --json | jq '.registries[].findings[] | select(.state == "wrong")'`;
