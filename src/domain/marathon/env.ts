import { inContainer } from './draft.ts';
import { type Job, literally, variablesIn } from './job.ts';
import type { Ports } from './ports.ts';
import { SECRET_KEY, secretName } from './secrets.ts';

/** `env`, and the variables that Marathon adds: those of ports, the address, the id. The app's own win, as they do there. */
export function translateEnv(job: Job, ports: Ports): void {
  const { app, draft, ledger } = job;
  const env = app.get('env');
  for (const { name, ...source } of added(job, ports)) {
    if (!env.get(name).present) draft.push(inContainer('env'), { name, ...source });
  }
  for (const name of env.keys()) {
    const part = env.get(name);
    const secret = part.get('secret');
    if (secret.text !== undefined) {
      const secretKeyRef = { name: secretName(draft, secret.text), key: SECRET_KEY };
      const to = draft.push(inContainer('env'), { name, valueFrom: { secretKeyRef } });
      if (app.get('secrets').get(secret.text).present) ledger.translated(secret, to);
      else ledger.person(secret, 'secret', `make the Secret ${secretKeyRef.name}: the app does not say from what`, to);
    } else if (['string', 'number', 'boolean'].includes(typeof part.value)) {
      if (name === '' || name.includes('=')) {
        ledger.person(part, 'name', 'no variable may be called so');
        continue;
      }
      ledger.translated(part, draft.push(inContainer('env'), { name, value: literally(String(part.value)) }));
    }
  }
}

/**
 * What the environment of a task holds beside the app's own (mesosphere/marathon, EnvironmentHelper.scala and
 * TaskBuilder.scala). HOST is where an instance is reached: its own address here, that of the agent there.
 */
function added({ app, id }: Job, ports: Ports): { name: string; value?: string; valueFrom?: object }[] {
  const numbered = ports.map(({ number }) => String(number));
  const [first] = numbered;
  const byPort = ports.flatMap(({ name }, at) => {
    const value = numbered[at] ?? '';
    return [
      { name: `PORT${at}`, value },
      ...(name === undefined ? [] : [{ name: `PORT_${name.toUpperCase()}`, value }]),
    ];
  });
  const known = new Set(byPort.map(({ name }) => name));
  // PORT_8080 and its like, only for those who use it.
  const byNumber = variablesIn(app).flatMap((name) => {
    const number = /^PORT_(\d+)$/.exec(name)?.[1];
    return number !== undefined && numbered.includes(number) && !known.has(name) ? [{ name, value: number }] : [];
  });
  return [
    ...(first === undefined
      ? []
      : [
          { name: 'PORT', value: first },
          { name: 'PORTS', value: numbered.join(',') },
        ]),
    ...byPort.filter(({ name }, at) => byPort.findIndex((other) => other.name === name) === at),
    ...byNumber,
    { name: 'HOST', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
    { name: 'MARATHON_APP_ID', value: id },
  ];
}
