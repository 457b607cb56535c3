import { describe, expect, it } from 'vitest';
import { composeCommand, temporalArguments } from '../../devfleet/parts/temporal.ts';
import { NAMESPACE, SEARCH } from '../../src/temporal/names.ts';

const AT = { port: 1111, uiPort: 2222, httpPort: 3333, file: '/tmp/t.db', headless: false };

describe('the Temporal server of a fleet', () => {
  it('is the one of temporal-dev.yml, at another address and with a file', () => {
    const own = temporalArguments(AT);
    const moved = ['--ip=0.0.0.0', '--port=7233', '--ui-port=8233'];
    expect(composeCommand()).toEqual(expect.arrayContaining(moved));
    expect(own.slice(0, composeCommand().length - moved.length)).toEqual(
      composeCommand().filter((one) => !moved.includes(one)),
    );
    expect(own).toEqual(
      expect.arrayContaining(['--ip=127.0.0.1', '--port=1111', '--ui-port=2222', '--db-filename=/tmp/t.db']),
    );
    for (const one of moved) expect(own).not.toContain(one);
  });

  it('has no web UI when headless', () => {
    const own = temporalArguments({ ...AT, headless: true });
    expect(own).toContain('--headless');
    expect(own.some((one) => one.startsWith('--ui-port'))).toBe(false);
  });

  it('has the namespace and the search attributes that Transship uses', () => {
    const wanted = Object.values(SEARCH).map(({ name, type }) => `--search-attribute=${name}=${TYPES[type]}`);
    expect(composeCommand()).toEqual(expect.arrayContaining([`--namespace=${NAMESPACE}`, ...wanted]));
  });

  it('looks for tasks often enough not to be what a bench measures, and gives them out by their priority', () => {
    expect(composeCommand().filter((one) => one.startsWith('--dynamic-config-value='))).toEqual([
      '--dynamic-config-value=system.enableActivityEagerExecution=true',
      '--dynamic-config-value=history.transferProcessorMaxPollRPS=2000',
      '--dynamic-config-value=history.timerProcessorMaxPollRPS=2000',
      '--dynamic-config-value=matching.useNewMatcher=true',
    ]);
  });
});

const TYPES = { KEYWORD: 'Keyword', KEYWORD_LIST: 'KeywordList' } as const;
