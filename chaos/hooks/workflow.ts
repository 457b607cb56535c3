// Workflow interceptors of fault runs, part of the bundle that their workers run. They give each activity a key (type,
// subject, occurrence in its workflow) and call a sink when its end has been taken up.
import { defaultPayloadConverter } from '@temporalio/common';
import { proxySinks, workflowInfo, type Sinks, type WorkflowInterceptorsFactory } from '@temporalio/workflow';
import { KEY_HEADER, subjectOf } from './points.ts';

export interface ChaosSinks extends Sinks {
  chaos: { reached(key: string): void };
}

export const interceptors: WorkflowInterceptorsFactory = () => {
  const { chaos } = proxySinks<ChaosSinks>();
  const counts = new Map<string, number>();
  const keyOf = (what: string): string => {
    const count = (counts.get(what) ?? 0) + 1;
    counts.set(what, count);
    const { workflowType, continuedFromExecutionRunId } = workflowInfo();
    const run = continuedFromExecutionRunId === undefined ? '' : '(continued)';
    return `${workflowType}${run}: ${what} #${count}`;
  };
  const reaching = async <T>(key: string, act: () => Promise<T>): Promise<T> => {
    try {
      return await act();
    } finally {
      chaos.reached(key);
    }
  };
  const withKey = <I extends { headers: object }>(input: I, key: string): I => ({
    ...input,
    headers: { ...input.headers, [KEY_HEADER]: defaultPayloadConverter.toPayload(key) },
  });

  return {
    inbound: [
      {
        execute: async (input, next) => {
          chaos.reached(keyOf('begin'));
          return reaching(keyOf('end'), () => next(input));
        },
        handleUpdate: (input, next) => reaching(keyOf(`update ${input.name}`), () => next(input)),
        handleSignal: (input, next) => reaching(keyOf(`signal ${input.signalName}`), () => next(input)),
      },
    ],
    outbound: [
      {
        scheduleActivity: (input, next) => {
          const queue = input.options.taskQueue ?? workflowInfo().taskQueue;
          const key = keyOf(`${input.activityType} ${subjectOf(queue, input.args)}`);
          return reaching(key, () => next(withKey(input, key)));
        },
        scheduleLocalActivity: (input, next) => {
          const key = keyOf(`${input.activityType} ${subjectOf('local', input.args)}`);
          return reaching(key, () => next(withKey(input, key)));
        },
        continueAsNew: (input, next) => {
          chaos.reached(keyOf('continue'));
          return next(input);
        },
        startTimer: (input, next) => reaching(keyOf('timer'), () => next(input)),
        startChildWorkflowExecution: async (input, next) => {
          const [started, completed] = await next(input);
          return [
            reaching(keyOf(`start ${input.workflowType}`), () => started),
            reaching(keyOf(`result of ${input.workflowType}`), () => completed),
          ];
        },
      },
    ],
  };
};
