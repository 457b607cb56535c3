import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { TransshipError } from '../domain/errors.ts';
import { toProblem } from '../domain/problem.ts';

export const PROBLEM_TYPE = 'application/problem+json';

/** To be called before routes are registered. Every error leaves as a problem of the one error table; what has no row there is a defect: logged, told as INTERNAL. */
export function useProblems(app: FastifyInstance): void {
  const methodsOf = rememberRoutes(app);
  app.setErrorHandler((error: FastifyError | Error, request, reply) => {
    const known = error instanceof TransshipError ? error : fromFastify(error, request);
    if (known.code === 'INTERNAL') request.log.error({ err: error }, 'unexpected error');
    else if (known.row.verdict === 'errored')
      request.log.warn({ code: known.code, reason: known.message }, 'cannot answer');
    return sendProblem(request, reply, known);
  });
  app.setNotFoundHandler((request, reply) => {
    const allowed = methodsOf(pathOf(request));
    if (allowed.length === 0) {
      return sendProblem(
        request,
        reply,
        new TransshipError('NOT_FOUND', `no route ${request.method} ${pathOf(request)}`),
      );
    }
    void reply.header('allow', allowed.join(', '));
    const message = `${pathOf(request)} knows ${allowed.join(', ')}, not ${request.method}`;
    return sendProblem(request, reply, new TransshipError('METHOD_NOT_ALLOWED', message));
  });
}

function sendProblem(request: FastifyRequest, reply: FastifyReply, error: TransshipError): FastifyReply {
  const problem = toProblem(error, pathOf(request));
  if (error.row.retryable) void reply.header('retry-after', '5');
  return reply.code(problem.status).type(PROBLEM_TYPE).serializer(JSON.stringify).send(problem);
}

/** What fastify found wrong before a route was reached. */
function fromFastify(error: FastifyError | Error, request: FastifyRequest): TransshipError {
  const { code, statusCode = 500 } = error as Partial<FastifyError>;
  const type = request.headers['content-type'] ?? 'no Content-Type';
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    return new TransshipError('MEDIA_TYPE_UNSUPPORTED', `${type} is not read by ${request.method} ${pathOf(request)}`);
  }
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return new TransshipError('BODY_TOO_LARGE', `the body is over ${request.routeOptions.bodyLimit} bytes`);
  }
  if (statusCode >= 400 && statusCode < 500) return new TransshipError('REQUEST_INVALID', error.message);
  return new TransshipError('INTERNAL', `the log of the API has it under request ${request.id}`, { cause: error });
}

/** Collects the routes as they are registered; gives the methods that a path knows. */
function rememberRoutes(app: FastifyInstance): (path: string) => string[] {
  const routes: { pattern: RegExp; methods: string[] }[] = [];
  app.addHook('onRoute', ({ url, method }) => {
    const pattern = new RegExp(`^${url.replace(/:[^/]+/g, '[^/]+')}$`);
    routes.push({ pattern, methods: typeof method === 'string' ? [method] : method });
  });
  return (path) => [...new Set(routes.filter(({ pattern }) => pattern.test(path)).flatMap(({ methods }) => methods))];
}

function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0] ?? request.url;
}
