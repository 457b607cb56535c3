import { EXIT_MEANINGS } from './exit.ts';
import { buildProgram } from './program.ts';
import { openTerminal } from './terminal.ts';

type Program = ReturnType<typeof buildProgram>;

/**
 * docs/reference/cli.md, made from the commands themselves.
 * @param note stands under the title: how the page is made
 */
export function cliPage(note: string): string {
  const { stdin, stdout, stderr } = process;
  const terminal = openTerminal({ stdin, stdout, stderr, env: {}, interrupt: new AbortController().signal });
  const program = buildProgram(terminal, () => undefined);
  const leaves = leavesOf(program);
  return [
    '# The command line',
    '',
    note,
    '',
    `${program.description()} It talks to the REST API, as anybody may; \`transship fleet check\` needs nobody.`,
    '',
    '## Options of every command',
    '',
    options(program),
    '',
    '## Exit codes',
    '',
    'A contract: scripts may match on them.',
    '',
    '| code | meaning |',
    '| --- | --- |',
    ...Object.entries(EXIT_MEANINGS).map(([code, meaning]) => `| ${code} | ${cell(meaning)} |`),
    '',
    'With `--json` the result, or the problem where there is one, is on standard output as one JSON object a line; everything else is on standard error.',
    ...leaves.flatMap((leaf) => ['', `## transship ${path(leaf)}`, '', ...section(leaf)]),
    '',
  ].join('\n');
}

/** Commands that do something; the others are only words before them. */
function leavesOf(command: Program): Program[] {
  return (command.commands as unknown as Program[]).flatMap((child) =>
    child.commands.length === 0 ? [child] : leavesOf(child),
  );
}

function section(command: Program): string[] {
  const usage = `transship ${path(command)} ${command.usage()}`;
  const lines = [command.description(), '', '```', usage, '```'];
  const args = command.registeredArguments.map((argument) => `- \`${argument.name()}\`: ${argument.description}`);
  if (args.length > 0) lines.push('', ...args);
  if (command.options.length > 0) lines.push('', options(command));
  return lines;
}

function options(command: Program): string {
  const rows = command.options.map(({ flags, description, mandatory }) => {
    return `| \`${cell(flags)}\` | ${cell(description)}${mandatory ? ' (needed)' : ''} |`;
  });
  return ['| option | what it does |', '| --- | --- |', ...rows].join('\n');
}

function path(command: Program): string {
  const parent = command.parent as Program | null;
  // The program itself is the parent of those that belong to no other.
  return parent === null || parent.parent === null ? command.name() : `${path(parent)} ${command.name()}`;
}

const cell = (text: string): string => text.replaceAll('|', '\\|');
