/** A request that is refused: the status, and the JSON that says why. */
export class Refusal extends Error {
  readonly status: number;
  readonly body: unknown;

  constructor(status: number, message: string, body: unknown = { message }) {
    super(message);
    this.status = status;
    this.body = body;
  }
}

export interface FieldErrors {
  path: string;
  errors: string[];
}

/** What a resource looked for and did not find: with an empty `details` (RestResource.notFound writes raml.Error). */
export function notFound(message: string): Refusal {
  return new Refusal(404, message, { message, details: [] });
}

/** The same as an exception: without `details` (MarathonExceptionMapper). */
export function missing(kind: 'App' | 'Path' | 'Group', id: string): Refusal {
  return new Refusal(404, `${kind} '${id}' does not exist`);
}

/** JSON whose fields have wrong types or values out of their bounds. */
export function invalidJson(details: FieldErrors[]): Refusal {
  return new Refusal(422, 'Invalid JSON', { message: 'Invalid JSON', details });
}

/** A definition that contradicts itself. */
export function notValid(details: FieldErrors[]): Refusal {
  return new Refusal(422, 'Object is not valid', { message: 'Object is not valid', details });
}

/** Java's IllegalArgumentException. */
export function illegal(message: string): Refusal {
  return new Refusal(422, message);
}

/** An exception without a row in the mapper: what validation should have caught, or ports that ran out. */
export function internal(message: string): Refusal {
  return new Refusal(500, message);
}

export function conflict(message: string): Refusal {
  return new Refusal(409, message);
}

export function locked(deploymentIds: string[]): Refusal {
  const message =
    'App is locked by one or more deployments. ' +
    "Override with the option '?force=true'. " +
    "View details at '/v2/deployments/<DEPLOYMENT_ID>'.";
  return new Refusal(409, message, { message, deployments: deploymentIds.map((id) => ({ id })) });
}

export function tooManyDeployments(max: number): Refusal {
  // "oneusing": Exception.scala joins two strings without a space.
  return new Refusal(
    403,
    `Max number (${max}) of running deployments is achieved. Wait for existing deployments to complete or cancel one` +
      'using force=true parameter. You can increase max deployment number by using --max_running_deployments parameter ' +
      'but be advised that this can have negative effects on the performance.',
  );
}
