import { describe, expect, it } from 'vitest';
import { type ErrorRow, ERRORS, TransshipError } from '../../../src/domain/errors.ts';
import { toProblem } from '../../../src/domain/problem.ts';

describe('toProblem', () => {
  it('says an error with its row of the table', () => {
    const places = [{ path: 'groups', message: 'is missing: a list' }];
    expect(
      toProblem(new TransshipError('APP_INVALID', 'app.yml: groups is missing', { places }), '/v1/apps/x'),
    ).toEqual({
      type: '/docs/errors#APP_INVALID',
      title: 'The app file is invalid',
      status: 400,
      detail: 'app.yml: groups is missing',
      instance: '/v1/apps/x',
      code: 'APP_INVALID',
      verdict: 'refused',
      retryable: false,
      next: 'Mend the paths named and apply it again.',
      errors: places,
    });
  });

  it('keeps to itself what an unexpected error says', () => {
    const problem = toProblem(new Error('password is hunter2'));
    expect(problem).toMatchObject({ code: 'INTERNAL', status: 500, errors: [] });
    expect(JSON.stringify(problem)).not.toContain('hunter2');
    expect(Object.keys(problem)).not.toContain('instance');
  });
});

describe('the error table', () => {
  it.each(Object.entries<ErrorRow>(ERRORS))('%s says what it is and what to do next', (code, row) => {
    expect(code).toMatch(/^[A-Z]+(_[A-Z]+)*$/);
    expect(row.title).toMatch(/^[A-Z].*[^.]$/);
    // A sentence, or a command to type.
    expect(row.next).toMatch(/^[A-Z].*\.$|transship /);
    expect(row.status).toBeGreaterThanOrEqual(400);
    expect(row.status).toBeLessThan(600);
    // "Cannot tell" is worth another try; a refusal of the caller's doing is a 4xx.
    if (row.verdict === 'errored') expect(row.status).toBeGreaterThanOrEqual(500);
    if (row.verdict === 'refused') expect(row.status).toBeLessThan(500);
  });
});
