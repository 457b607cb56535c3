import type { components } from '../../http/openapi.d.ts';
import { call } from '../api.ts';
import { connectionText } from '../connection-text.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { Session } from '../session.ts';
import type { ApplyOptions } from './apply.ts';

type Connections = components['schemas']['RegistryConnections'];

/** Shows whether registries are as sync rules need them, then makes and mends what can be; asks first where a person is there. */
export async function connectRegistries(
  session: Session,
  registry: string | undefined,
  options: ApplyOptions,
): Promise<ExitCode> {
  const { terminal } = session;
  const api = session.api();
  const body = registry === undefined ? {} : { registries: [registry] };
  const connect = async (dryRun: boolean): Promise<Connections> =>
    call(api, api.client.POST('/v1/registries/connect', { params: { query: { dryRun } }, body }));
  const show = (found: Connections): ExitCode => {
    terminal.result(found);
    return found.wrong === 0 ? EXIT.ok : EXIT.waiting;
  };

  const planned = await connect(true);
  terminal.say(connectionText(terminal, planned));
  if (planned.todo === 0) terminal.say('nothing to do');
  if (options.dryRun === true || planned.todo === 0) return show(planned);
  if (terminal.interactive && options.yes !== true && !(await terminal.ask('Do what is marked "to do"?'))) {
    terminal.note('nothing was changed');
    return show(planned);
  }
  const done = await connect(false);
  terminal.say(connectionText(terminal, done));
  return show(done);
}
