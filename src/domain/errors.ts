/**
 * The one table of error codes. REST problems, Temporal failure types and the runbook (docs/reference/errors.md, written
 * by "npm run docs") come from it. A code is stable: users and scripts match on it.
 */
export interface ErrorRow {
  /** HTTP status of the problem response. */
  status: number;
  /** Short, the same for every occurrence. */
  title: string;
  /** failed: the version is bad; errored: we cannot tell; refused: the request is, nothing was changed. */
  verdict: 'failed' | 'errored' | 'refused';
  /** May the same request or activity succeed later without a change? Temporal retries only these. */
  retryable: boolean;
  /** What to do next, in one or two sentences. */
  next: string;
}

const refused = (status: number, title: string, next: string): ErrorRow => ({
  status,
  title,
  verdict: 'refused',
  retryable: false,
  next,
});
const failed = (title: string, next: string): ErrorRow => ({
  status: 422,
  title,
  verdict: 'failed',
  retryable: false,
  next,
});
const errored = (title: string, next: string): ErrorRow => ({
  status: 503,
  title,
  verdict: 'errored',
  retryable: true,
  next,
});

export const ERRORS = {
  // Input
  REQUEST_INVALID: refused(400, 'The request is malformed', 'Mend the fields named in "errors" and send it again.'),
  FLEET_INVALID: refused(
    400,
    'The fleet file is invalid',
    'Mend the paths named; "transship fleet check" shows them all.',
  ),
  APP_INVALID: refused(400, 'The app file is invalid', 'Mend the paths named and apply it again.'),
  SYNC_RULE_INVALID: refused(400, 'The sync rule is invalid', 'Mend the paths named and apply it again.'),
  IDEMPOTENCY_KEY_REUSED: refused(
    422,
    'The Idempotency-Key was used for another request',
    'Use a new key, or send the first request again unchanged.',
  ),
  LIMIT_EXCEEDED: refused(
    422,
    'The request asks for more than the fleet allows',
    'Stay within the limit named in "detail", or have "limits" of the fleet file changed.',
  ),
  METHOD_NOT_ALLOWED: refused(
    405,
    'The path does not know this method',
    'Use one of the methods named in the Allow header.',
  ),
  MEDIA_TYPE_UNSUPPORTED: refused(
    415,
    'The body is of a type that is not read here',
    'Send one of the types named in "detail", with the right Content-Type.',
  ),
  BODY_TOO_LARGE: refused(413, 'The body is too large', 'Make it smaller than the limit named in "detail".'),
  HOST_REFUSED: refused(
    403,
    'Without authentication only this machine is served',
    'Call the API by its loopback address, and not from a page of another site.',
  ),
  NOT_FOUND: refused(404, 'There is no such thing', 'Check the name in "detail"; the path above it lists what exists.'),
  APP_UNKNOWN: refused(404, 'There is no such app', 'Apply its app file first: transship app apply -f app.yml'),
  ENVIRONMENT_UNKNOWN: refused(
    404,
    'There is no such environment',
    'Use one of the environments of the fleet file, named in "detail".',
  ),
  GROUP_UNKNOWN: refused(404, 'There is no such group', 'transship app get APP shows its groups.'),
  OPERATION_UNKNOWN: refused(
    404,
    'There is no such operation',
    'Check the id; transship release get lists the latest.',
  ),
  WEBHOOK_REFUSED: refused(
    401,
    'The webhook does not say the secret of its registry',
    'Let "webhookSecret" of the registry in the fleet file be what its webhooks send as Authorization header.',
  ),
  SYNC_RULE_UNKNOWN: refused(404, 'There is no such sync rule', 'transship image rules list shows those there are.'),
  SYNC_UNKNOWN: refused(
    404,
    'No sync of the image runs',
    'It has ended, or never began: transship image status IMAGE shows how.',
  ),
  IMAGE_UNKNOWN: refused(
    422,
    'The image is not in the registry',
    'Push it to every registry named in "detail", or release a tag that exists.',
  ),
  IMAGE_GONE: refused(
    404,
    'The image is not, or no longer, where it is to be copied from',
    'Look whether somebody deleted what "detail" names; push it again if it is still wanted.',
  ),
  IMAGE_UNREADABLE: refused(
    422,
    'The image is of a kind that cannot be copied',
    'See "detail" for what is wrong with its manifest; build and push it anew.',
  ),
  IMAGE_DIFFERS: refused(
    409,
    'Registries hold different images under one tag',
    'Push the same image to every IDC, or release by a tag that is the same everywhere.',
  ),

  IMAGE_NOT_BROUGHT: {
    ...errored(
      'An image that the release needs could not be brought to an IDC',
      'See transship image status for what keeps it; mend that, and resume: it is asked for again.',
    ),
    // Its sync has tried all there is to try.
    retryable: false,
  },

  // A registry refuses
  CREDENTIALS_UNREADABLE: refused(
    400,
    'The credentials for the registry cannot be read',
    'Mend the file or the credential helper named in "detail"; "docker login" writes both.',
  ),
  REGISTRY_DENIED: refused(
    403,
    'The registry refuses our credential',
    'Check the credential, and what it may do in the repository named: pull, push, delete. Of a Harbor "transship registry connect" says what it lacks.',
  ),
  REGISTRY_QUOTA: refused(
    409,
    'The quota of the project is used up',
    'Raise the quota, or delete what is not needed and let the registry collect its garbage.',
  ),
  REPOSITORY_UNKNOWN: refused(
    404,
    'The registry has no such repository and makes none',
    'Create the project or the repository there, or mend its name.',
  ),
  PROJECT_UNKNOWN: refused(
    404,
    'The Harbor has no such project',
    'Create the project there, or let the sync rule that brings images into it do so: "createProject: true".',
  ),
  TAG_IMMUTABLE: refused(
    409,
    'The tag is immutable and names something else',
    'Use another tag, or change the rule for immutable tags in the project.',
  ),
  REGISTRY_TOO_LARGE: refused(
    413,
    'It is larger than the registry takes',
    'Raise the limit of the registry, or of the proxy before it.',
  ),
  REGISTRY_UNSUPPORTED: refused(
    409,
    'The registry does not support this',
    'See "detail"; do without, or enable it there (deletion is often disabled).',
  ),
  REGISTRY_REFUSED: refused(
    422,
    'The registry refuses what it is sent',
    'See its answer in "detail" and the log of the registry.',
  ),

  // Admission
  GROUP_BUSY: refused(409, 'Another operation holds the group', 'Wait for the operation named, or abort it.'),
  GROUP_DIRTY: refused(
    409,
    'An earlier operation left the group half done',
    'Look at that operation first; then: transship repair APP GROUP --env ENV',
  ),
  VERSION_DISABLED: refused(
    409,
    'The version was rolled back and is held back',
    'Release another version; or, if it is good after all: transship version enable APP VERSION',
  ),
  NOTHING_TO_ROLL_BACK: refused(
    409,
    'The release cannot be rolled back',
    'See why for each group in "detail"; release the version that you want instead.',
  ),
  NOT_DIRTY: refused(
    409,
    'The group was not left half done',
    'Nothing is to be repaired: its last operation finished or was undone.',
  ),
  OPERATION_CUT_SHORT: {
    ...errored(
      'The operation was ended from outside',
      'Somebody terminated its workflow, or it broke: the group is left as it stands and dirty. Bring it to rest: transship repair APP GROUP --env ENV',
    ),
    retryable: false,
  },
  FENCE_LOST: refused(
    409,
    'A later operation owns the group',
    'Nothing: this attempt was late and was refused. Look at the operation that holds the group.',
  ),
  COMMAND_ILLEGAL: refused(409, 'The command is not legal in this state', 'Send one of the legal commands named.'),
  COMMAND_EXPIRED: refused(409, 'The command arrived after its deadline', 'Send it again if you still want it.'),
  APP_CHANGED: refused(
    409,
    'Somebody else applied the app meanwhile',
    'Plan again: transship app apply --dry-run shows what would change now.',
  ),
  SYNC_RULE_CHANGED: refused(
    409,
    'Somebody else changed the sync rule meanwhile',
    'Plan again: transship image rules apply --dry-run shows what would change now.',
  ),
  SYNC_RULE_CONFLICT: refused(
    409,
    'Another sync rule brings the same images there from elsewhere',
    'See "detail" for the rule and the patterns: let one of the two bring what they have in common, not both.',
  ),
  SYNC_RULE_LOOP: refused(
    409,
    'With other sync rules images would go in a circle',
    'See "detail" for the circle: take the images out of one of its rules.',
  ),
  SIZE_CHANGE_UNSUPPORTED: refused(
    409,
    'The size of a running group cannot be changed by apply',
    'Keep the counts as they are, or say those that the group has; transship scale changes them.',
  ),
  RECREATE_UNSUPPORTED: refused(
    409,
    'The change needs new pods',
    'This release was accepted by a version that can only change images and metadata in place. Abort it, and start it again.',
  ),
  NOTHING_TO_DO: refused(
    409,
    'There is nothing to do',
    'See "detail": the group runs this version already (release another one), or was never released (release it).',
  ),
  FOREIGN_TEMPLATE: refused(
    409,
    'Somebody else changed the set',
    'See who in "detail". transship repair APP GROUP --env ENV takes the change back, its plan (--dry-run) says what that moves; to keep it, put it into the app file and release it after that. A set that was never of this group is taken over by transship adopt.',
  ),
  SIZE_AUTOMATIC: refused(
    409,
    'An autoscaler sets the size',
    'Change the bounds of the autoscaler named in "detail", or remove it and scale again.',
  ),
  SET_NOT_AT_REST: refused(
    409,
    'The set is not at rest',
    'Finish or undo what is under way on it: every instance on one revision, nothing staged; then try again.',
  ),
  CLUSTER_UNABLE: refused(
    409,
    'The cluster has no such thing',
    'See "detail" for what its scheduler cannot do, and do without, or do it in a cluster that can.',
  ),
  SERVICE_UNFIT: refused(
    409,
    'A Service would bypass our traffic control',
    'Mend the Service named: no headless one, no publishNotReadyAddresses, and transship.dev/in-service in its selector.',
  ),

  // The version is bad
  IMAGE_PULL_FAILED: failed(
    'The image cannot be pulled on the host',
    'Check the image and the registry of the IDC; then resume or abort.',
  ),
  CONTAINER_CRASHING: failed(
    'The new container exits again and again',
    'Look at its log; then abort, or release a mended version.',
  ),
  IGNITION_FAILED: failed(
    'The instance says that its ignition failed (527)',
    'Look at its health page and log; then abort.',
  ),
  IGNITION_TIMEOUT: failed(
    'The instance did not ignite in time',
    'Raise the health timeout if it is slow by nature; else abort.',
  ),
  INSTANCE_MARKED_DOWN: failed(
    'The instance is marked down (530)',
    'Whoever marked it down must clear that; then resume or abort.',
  ),

  // A group that is not whole
  ROLLOUT_INCOMPLETE: failed(
    'Some instances are not on the new version',
    'See the trouble of each instance; resume to try them again, or abort.',
  ),
  STAGE_FAILED: failed(
    'The release to one environment did not succeed, so the promotion does not go on',
    'See that release; resume to release there again, or abort. What was released in the environments before stays.',
  ),
  WAVE_FAILED: failed(
    'An instance failed, so the next wave (IDC or AZ) does not begin',
    'See its trouble; resume to try it again, configure onWaveFailure=continue and resume to go on without it, or abort.',
  ),
  ORDER_STOPPED: failed(
    'An instance of an OrderedReady set failed, and the release stops there',
    'See its trouble; resume to try it again, or abort. Pods after one that is broken are not made anew by their controller.',
  ),
  SETS_MISSING: refused(
    409,
    'Sets of the group are gone',
    'Somebody removed them: find out who, and restore them, before releasing.',
  ),
  GATE_EXPIRED: refused(
    409,
    'Nobody opened the gate in time',
    'What was done is undone. Start the release again when somebody is there to look, or let that gate soak instead.',
  ),

  // Capacity
  CAPACITY_SHORT: refused(
    409,
    'Going on would take out more than the budget',
    'Bring instances back into service, then resume; or abort.',
  ),

  BRAKED: refused(409, 'A person has braked the release', 'Resume it, or abort; the events say who braked and why.'),

  // We cannot tell
  CLUSTER_UNREACHABLE: errored(
    'The cluster does not answer',
    'Check the API server and the network of that IDC; the operation holds meanwhile.',
  ),
  CLUSTER_LOST: errored(
    'The cluster has not answered for a while',
    'Check the API server and the network of that IDC. A release with onClusterLoss=requeue brings the other clusters on first, and this one when it answers again; another holds.',
  ),
  CLUSTER_FORBIDDEN: errored(
    'The cluster refuses our credential',
    'Check the credential and its Role in that cluster; the operation holds meanwhile.',
  ),
  REGISTRY_UNREACHABLE: errored('The registry does not answer', 'Check the registry of that IDC.'),
  REGISTRY_BUSY: errored(
    'The registry takes no more requests for now',
    'It is asked again when it said; lower the rate for it if this lasts.',
  ),
  UPLOAD_LOST: errored('The registry lost an upload that was begun', 'Nothing: it is begun anew.'),
  IMAGE_CORRUPT: errored(
    'What a registry gave or got is not what the digest says',
    'It is read anew. If that does not help, the copy named is damaged: push the image there again.',
  ),
  CATALOGUE_UNREACHABLE: errored(
    'PostgreSQL does not answer',
    'Check the database; everything waits for it and goes on by itself.',
  ),
  CATALOGUE_NEWER: {
    ...errored(
      'The catalogue belongs to a newer Transship',
      'Start at least the version that wrote it; older ones cannot read it.',
    ),
    retryable: false,
  },
  TEMPORAL_UNREACHABLE: errored(
    'Temporal does not answer',
    'Check the Temporal server; running operations go on when it is back.',
  ),
  IDC_WORKER_ABSENT: errored(
    'No worker serves the IDC',
    'Start "worker.ts --idc NAME" there; the operation waits for it.',
  ),
  DRAIN_TIMEOUT: errored(
    'The instance still gets traffic',
    'Look at the Services named that still list its address, or at the load balancer named.',
  ),
  PULL_IN_TIMEOUT: errored(
    'The instance does not get traffic',
    'Look at its readiness, and at the Services or the load balancer named.',
  ),
  LOAD_BALANCER_UNREACHABLE: errored(
    'The load balancer does not answer',
    'Check it and the network to the worker of that IDC; the operation holds meanwhile.',
  ),
  LOAD_BALANCER_REFUSED: errored(
    'The load balancer refuses what it is asked',
    'Check the credential or the rights named in "detail", and the traffic driver in the fleet file.',
  ),
  LOAD_BALANCER_TARGET_UNKNOWN: errored(
    'The load balancer does not know the instance',
    'Add the server named to its configuration, or mend the names that the traffic driver in the fleet file makes.',
  ),
  CONTROLLER_STALLED: errored(
    'The controller did not follow in time',
    'Check the kube-controller-manager of that cluster, or the deployments of its Marathon.',
  ),
  DEPLOYMENT_LOCKED: errored(
    'Another deployment of Marathon holds the set',
    'See the deployment in "detail": wait for it, or end it in Marathon. It is tried again meanwhile, and never forced.',
  ),
  INSTANCE_NOT_STARTED: errored(
    'The host does not start the new container',
    'Look at the host: its kubelet, or the pull of the image, hangs.',
  ),
  INSTANCE_UNSCHEDULABLE: errored(
    'No host takes the instance',
    'Look at the reason in "detail": room, taints, or the AZ of the hosts.',
  ),
  EVICTION_REFUSED: errored(
    'A disruption budget keeps the instance',
    'See the budget and its count in "detail": bring its other pods back, or lower it; it is tried again meanwhile.',
  ),
  BUDGETS_CONFLICT: {
    ...errored(
      'More than one disruption budget selects the instance',
      'Kubernetes evicts no such pod: remove all but one of the PodDisruptionBudgets that select it, then resume.',
    ),
    retryable: false,
  },
  REVISION_IN_USE: errored(
    'Instances still carry the revision that is being undone',
    'Nothing: it is tried again once they are back; look at the members named if that takes long.',
  ),
  // The same activity would find the same: the workflow looks again and handles what is there now.
  INSTANCE_REPLACED: {
    ...errored('Another pod took the place of the instance', 'Nothing: it is handled again.'),
    retryable: false,
  },
  INTERNAL: {
    ...errored('Unexpected error', 'This is a defect of Transship: report it with the log line.'),
    status: 500,
  },
} satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERRORS;

/** One place that is wrong in an input, with its path. */
export interface ErrorPlace {
  /** JSON path such as `idcs[0].clusters[1].azs`. */
  path: string;
  message: string;
  hint?: string;
  /** In the text of the input, from 1, where it came as text. */
  line?: number;
  column?: number;
}

/** Every error that Transship raises on purpose. */
export class TransshipError extends Error {
  readonly code: ErrorCode;
  /** Where the input is wrong; empty when it is not about input. */
  readonly places: ErrorPlace[];

  /** @param message what is wrong, here and now, with names; the table adds the title and what to do next */
  constructor(code: ErrorCode, message: string, options: { places?: ErrorPlace[]; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = 'TransshipError';
    this.code = code;
    this.places = options.places ?? [];
  }

  get row(): ErrorRow {
    return ERRORS[this.code];
  }
}
