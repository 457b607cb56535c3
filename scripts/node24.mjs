// Runs one of the project's programs under the Node it is written for.
//   node scripts/node24.mjs FILE [ARGS]   a TypeScript or JavaScript file of the project
// The machine's own Node may be older than 24; the project brings Node 24 as a dev dependency and this names the
// Node it runs on and starts the program under the right one. Plain JavaScript: it must run on any Node.
// What Node has compiled it keeps in node_modules: every program starts a third faster from its second start on.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const REQUIRED_MAJOR = 24;
const [file, ...args] = process.argv.slice(2);
if (file === undefined) {
  process.stderr.write('usage: node scripts/node24.mjs FILE [ARGS]\n');
  process.exit(2);
}

const major = Number(process.versions.node.split('.')[0]);
const brought = fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url));
let node = process.execPath;
if (major < REQUIRED_MAJOR) {
  if (!existsSync(brought)) {
    process.stderr.write(
      `Transship needs Node ${REQUIRED_MAJOR}; this is ${process.version} and node_modules/.bin/node is missing.\n` +
        'Run "npm ci" first (it installs Node 24 for the project), or use Node 24 yourself.\n',
    );
    process.exit(1);
  }
  process.stderr.write(`Node ${process.version} is too old; running under the project's own Node ${REQUIRED_MAJOR}\n`);
  node = brought;
}

const compiled = fileURLToPath(new URL('../node_modules/.cache/compiled', import.meta.url));
const env = { NODE_COMPILE_CACHE: compiled, ...process.env };
const child = spawn(node, ['--disable-warning=ExperimentalWarning', file, ...args], { stdio: 'inherit', env });
// Ctrl-C reaches the child by itself (same process group); what is sent to this process alone is passed on.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => child.kill('SIGTERM'));
process.on('SIGHUP', () => child.kill('SIGHUP'));
child.on('exit', (code, signal) => process.exit(signal === null ? (code ?? 1) : 128 + (signal === 'SIGINT' ? 2 : 15)));
