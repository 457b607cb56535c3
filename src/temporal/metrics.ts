/** Metrics that workflows and workers write, by the names under which Prometheus reads them (counters: with `_total`). */
export const METRICS = {
  ended: {
    name: 'transship_releases',
    description: 'Releases of a group that have ended, by flavor and outcome',
  },
  brakes: {
    name: 'transship_brakes',
    description: 'Brakes, by the code of what put them on (BRAKED: a person)',
  },
  states: {
    name: 'transship_state_seconds',
    description: 'How long releases of a group stood in a state',
  },
  syncs: {
    name: 'transship_sync_seconds',
    description:
      'From when an image was due in a registry, asked for or its window open, to its end, by registry, priority and state',
  },
  duplicates: {
    name: 'transship_sync_duplicate_blobs',
    description:
      'Blobs that were sent to a registry, and that another copy had brought before they were complete, by registry',
  },
  lateSyncs: {
    name: 'transship_syncs_late',
    description:
      'Images that were due in a registry a minute ago or earlier and are not there, by registry and priority',
  },
  compared: {
    name: 'transship_rule_compared_timestamp_seconds',
    description:
      'When the last comparison by a sync rule ended, in seconds since 1970; before the first one, when the rule was changed',
  },
  interval: {
    name: 'transship_rule_interval_seconds',
    description: 'How often registries are compared by a sync rule; 0: the rule is gone',
  },
  drift: {
    name: 'transship_rule_drift',
    description:
      'What the last comparison by a sync rule left, by rule and kind: late images, tags held back, IDCs that could not be compared',
  },
  waits: {
    name: 'transship_wait_seconds',
    description: 'How long releases of a group waited, by the code of the trouble, or gate:STATE',
  },
} as const;

/** From a second to a day: releases take minutes, people hours; images are to arrive within 20. Seconds. */
export const METRIC_BUCKETS = [0.5, 1, 2, 5, 10, 20, 30, 60, 300, 900, 3_600, 14_400, 86_400];
