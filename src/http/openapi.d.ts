// Written by "npm run openapi" from openapi.json.

export interface paths {
    "/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Is the API alive?
         * @description Always 200 while the process answers; looks at nothing else.
         */
        get: operations["isAlive"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Can the API do its work?
         * @description 200 when the catalogue and Temporal answer, else 503 with the one that does not.
         */
        get: operations["isReady"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/adoptions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Take over sets that somebody else made
         * @description The StatefulSets that the app file names (`placement[].set`) become groups of the app, as they run: parked, labelled, and their Services select only instances that nobody took out. No instance ends. The plan says what the next release would change. An abort leaves the sets again. It is a release of its own (`flavor: adopt`).
         */
        post: operations["adopt"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/apps": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List apps
         * @description Every app that has been applied, by name.
         */
        get: operations["listApps"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/apps/{app}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show an app
         * @description Its definition and, per group, what it runs at rest, who holds it, its AzSets and its instances as last seen.
         */
        get: operations["getApp"];
        /**
         * Apply an app file
         * @description Plans what the file changes and puts it in force; clusters are not touched, the next release of each group does that. With `dryRun=true` only the plan is given. Send it as JSON or as the YAML file itself.
         */
        put: operations["applyApp"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/apps/{app}/disabled-versions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the versions that are held back
         * @description Versions of the app that were rolled back: not released again before somebody enables them.
         */
        get: operations["listDisabledVersions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/apps/{app}/disabled-versions/{version}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Enable a version again
         * @description It may be released again. Releases that run are not touched.
         */
        delete: operations["enableVersion"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/apps/{app}/why": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Why does it stand as it does?
         * @description For each group of an app, or one, or an instance: its state, what is waited for, since and until when, who can unblock it, what to type. From the catalogue and Temporal; clusters are not asked.
         */
        get: operations["explain"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/conversions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make OrderedReady sets Parallel, or the other way round
         * @description Each set is saved, deleted with its pods left as they are, and created again with the same template and the other `podManagementPolicy`, which cannot be changed otherwise. No instance ends, and traffic goes on; in the moments between nothing brings back one that ends by itself. An abort makes the sets what they were. It is a release of its own (`flavor: convert`).
         */
        post: operations["convert"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/detachments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Leave the sets of groups to whoever has them then
         * @description The sets are at rest, at partition 0 and without our name: `kubectl`, Helm or Argo CD manage them by themselves again. No instance ends, and traffic goes on. An abort takes them over again. It is a release of its own (`flavor: detach`).
         */
        post: operations["detach"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/fleet": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show the fleet
         * @description Environments, IDCs, AZs, registries, clusters, traffic drivers and limits, by name: no address and no secret.
         */
        get: operations["getFleet"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/hooks/registry/{registry}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Tell of pushes and deletions
         * @description For the webhooks of registries: Harbor's own format, its CloudEvents, and the notifications of distribution. The `Authorization` header must be the `webhookSecret` that the fleet file has for the registry. What was pushed is brought wherever a sync rule with `onPush` wants it; what is told again changes nothing. Where something was deleted that a rule deletes, too, its repository is compared a few seconds later. Anything else is accepted and passed over.
         */
        post: operations["tellOfPushes"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/images/diff": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Compare the tags of a repository over registries
         * @description What each tag names in each registry, looked at now, by the workers of their IDCs. A registry that does not answer is told so.
         */
        get: operations["compareImages"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/promotions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Release a version in one environment after the other
         * @description In each environment it is a release of its own, accepted when its turn comes, with the same images by digest. Between two a gate: `rollout` opens it. Where one does not succeed the promotion waits: `resume` releases there again. An abort undoes the release that is under way; those before it stay. It is shown, watched and commanded as a release (`flavor: promote`).
         */
        post: operations["promote"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/registries/connect": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Connect registries
         * @description Has the workers look whether each registry answers, what its credential may do in the projects that sync rules have to do with, whether it tells of pushes, and whether a replication rule of a Harbor copies the same images. Webhook policies that are missing, or differ, are made and mended; with `dryRun=true` nothing is changed. Asked again there is nothing to do.
         */
        post: operations["connectRegistries"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/releases": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List releases, latest first
         * @description Releases of one app, environment or all; `live=true` gives those that have not ended.
         */
        get: operations["listReleases"];
        put?: never;
        /**
         * Release a version of an app in one environment
         * @description Plans the release on what runs now, then accepts it: 202, and the release goes on by itself. With `dryRun=true` only the plan is made and nothing is written: named instances per batch and the arithmetic of the brake. With an `Idempotency-Key` the same request sent again finds the same release, whatever died in between.
         */
        post: operations["startRelease"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/releases/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show a release
         * @description Its state and, per group, what is waited for, what went wrong, the batches with their instances, and the commands that are legal now.
         */
        get: operations["getRelease"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/releases/{id}/commands": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Command a release
         * @description `smoke`, `bake`, `rollout` and `finish` open a gate; `brake` stops before the next step; `resume` lets a braked or failed phase look again; `configure` changes knobs of what is still to come; `abort` undoes what was done; `rollback` does so and disables the version. 200: a worker took it; 202: it was sent and no worker has answered within 2 s: it runs when one does, within a minute; 409: it is not legal now, and the legal ones are named.
         */
        post: operations["commandRelease"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/releases/{id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Follow what happens in a release
         * @description Progress and audit in one, in order. As JSON a page; with `Accept: text/event-stream` server-sent events whose id is `seq`: they go on where `Last-Event-ID` says, and end after the last event of a release that has ended (204 where nothing is left to send).
         */
        get: operations["listEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/releases/{id}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Release again what a release did not bring
         * @description A new release of the same version, with the same knobs, to the groups that did not end in SUCCESS. What is still held is resumed instead; what was left half done is repaired first.
         */
        post: operations["retryRelease"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/releases/{id}/rollback": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Roll back a release that has ended
         * @description Brings its groups back to what they ran before it, in batches of 50 %, without bastion or pause, by looking at what runs; and disables its version. It is a release of its own (`flavor: rollback`) that cannot be aborted or rolled back. A release that still runs takes the command `rollback` instead.
         */
        post: operations["rollbackRelease"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/releases/{id}/yield": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Let those that wait go first
         * @description For a release that holds its groups (at a gate, at a brake) while others wait for them: it joins the queue behind them as a new release, which is the answer, with the same version and knobs; then it is aborted, and what it did is undone.
         */
        post: operations["yieldRelease"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/repairs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Repair a group that was left half done, or changed by others
         * @description For a dirty group: its last operation neither finished nor undid; and for one whose sets somebody else changed: what they wrote is named in the plan, and written over. Looks at what runs and brings every instance to one version; Temporal’s history is not needed. It is a release of its own (`flavor: repair`).
         */
        post: operations["repairGroup"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/restarts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Restart instances on what they run
         * @description Makes instances anew, on the version and template that are released: taken out of traffic, evicted, ignited, put in again; a bastion first, then batch by batch, under the brake and the gates of a release. It is a release of its own (`flavor: restart`): all commands but `rollback` are for it, too. An abort stops it; what was made anew stays.
         */
        post: operations["restart"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/scales": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Change how many instances a group has
         * @description New instances come first, out of traffic until they are ignited; those that go, the last of each AzSet, are taken out of traffic before they end, as far as the brake lets them. What else runs is left alone. It is a release of its own (`flavor: scale`): all commands but `rollback` are for it, too; an abort brings the sizes back. Refused where an autoscaler sets the size.
         */
        post: operations["scale"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sync-rules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List sync rules
         * @description Every rule in force, by name, with the registries that it names and the fleet has not, and how the last comparison by it ended.
         */
        get: operations["listSyncRules"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sync-rules/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show a sync rule
         * @description The rule with every default filled in, who changed it last and when, and how the last comparison by it ended.
         */
        get: operations["getSyncRule"];
        /**
         * Apply a sync rule
         * @description Checks the rule against the fleet and against the rules in force, says what it changes and which rules bring the same images, and puts it in force. With `dryRun=true` nothing is changed. Send it as JSON or as the YAML file itself.
         */
        put: operations["putSyncRule"];
        post?: never;
        /**
         * Delete a sync rule
         * @description It brings nothing any more. Copies that run go on, and what it has brought stays where it is. Its history stays, too.
         */
        delete: operations["deleteSyncRule"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sync-rules/{name}/comparisons": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Compare registries by a sync rule now
         * @description As its schedule does every so often: asks for what is missing, and deletes tags that the source has no more where the rule says so. With `dryRun` nothing is changed, and it says what would be. `mostDeletions` and `deleteRepositories` let go what is held back, this once.
         */
        post: operations["startComparison"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sync-rules/{name}/comparisons/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show how far a comparison is
         * @description What goes on in it, as its workers tell; how it ended, for as long as Temporal keeps that.
         */
        get: operations["getComparison"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sync-rules/{name}/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show the history of a sync rule
         * @description Every change of it: who, when, and the rule before and after. Also of a rule that was deleted.
         */
        get: operations["listSyncRuleChanges"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/syncs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List syncs: how far which image is in which registry
         * @description The last sync of each image and registry. Of those that are open also what goes on: bytes, blobs, the attempt, why the one before failed, and whether a worker is at it; where Temporal does not answer, the list comes without that and says so.
         */
        get: operations["listSyncs"];
        put?: never;
        /**
         * Bring an image to registries
         * @description Looks what the tag names at the source and in each destination, and asks for that image: 202, and it goes on by itself, together with what others want of it. Where from and where to is what sync rules say, unless the request does. With `dryRun=true` it only looks. With an `Idempotency-Key` the same request sent again counts once.
         */
        post: operations["startSync"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/syncs/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cancel the sync of an image
         * @description Whoever wanted it: nothing more of it is brought, and tags that it moved go back to what they named before, unless somebody else has moved them since. 202: it does so now.
         */
        post: operations["cancelSync"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/syncs/stats": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show how long syncs take, by registry
         * @description Of those that were asked for in the last hours: done and failed, percentiles and a histogram of the seconds from when they were due, which is when they were asked for or their window opened, to their end; and what is open now.
         */
        get: operations["getSyncStats"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * @example {
         *       "id": "cmp-c3xq2m7k4a",
         *       "rule": "shop",
         *       "links": {
         *         "status": "/v1/sync-rules/shop/comparisons/cmp-c3xq2m7k4a",
         *         "temporalUi": null
         *       }
         *     }
         */
        AcceptedComparison: {
            id: string;
            links: {
                status: string;
                temporalUi: string | null;
            };
            rule: string;
        };
        /**
         * @example {
         *       "id": "rel-c3xq2m7k4a",
         *       "state": "PENDING",
         *       "links": {
         *         "self": "/v1/releases/rel-c3xq2m7k4a",
         *         "status": "/v1/releases/rel-c3xq2m7k4a",
         *         "events": "/v1/releases/rel-c3xq2m7k4a/events",
         *         "commands": "/v1/releases/rel-c3xq2m7k4a/commands",
         *         "temporalUi": "http://127.0.0.1:8233/namespaces/transship/workflows/release%2Frel-c3xq2m7k4a"
         *       }
         *     }
         */
        AcceptedRelease: {
            /**
             * @description Id of the release
             * @example rel-c3xq2m7k4a
             */
            id: string;
            links: components["schemas"]["ReleaseLinks"];
            /** @enum {string} */
            state: "PENDING" | "CREATING" | "SMOKING" | "SMOKE_SUCCESS" | "SMOKE_FAILURE" | "SMOKE_BRAKED" | "SMOKE_SUCCESS_BRAKED" | "SMOKE_FAILURE_BRAKED" | "BAKING" | "BAKE_SUCCESS" | "BAKE_FAILURE" | "BAKE_BRAKED" | "BAKE_SUCCESS_BRAKED" | "BAKE_FAILURE_BRAKED" | "ROLLING_OUT" | "BATCH_SUCCESS" | "ROLLOUT_SUCCESS" | "ROLLOUT_FAILURE" | "ROLLOUT_BRAKED" | "ROLLOUT_SUCCESS_BRAKED" | "ROLLOUT_FAILURE_BRAKED" | "SETTLING" | "REVOKING" | "SUCCESS" | "REVOKED" | "FAILURE";
        };
        /**
         * @example {
         *       "id": "syn-c3xq2m7k4a",
         *       "repository": "shop/web",
         *       "digest": "sha256:4f53cda14f53cda14f53cda14f53cda14f53cda14f53cda14f53cda14f53cda1",
         *       "tag": "v2",
         *       "from": "north",
         *       "to": [
         *         {
         *           "registry": "south",
         *           "idc": "south",
         *           "now": "other",
         *           "digest": "sha256:9c21b0e79c21b0e79c21b0e79c21b0e79c21b0e79c21b0e79c21b0e79c21b0e7",
         *           "trouble": null,
         *           "rules": [
         *             "shop"
         *           ],
         *           "referrers": true,
         *           "createProject": false
         *         }
         *       ],
         *       "missing": [],
         *       "links": {
         *         "status": "/v1/syncs?repository=shop%2Fweb&digest=sha256%3A4f53cda14f53cda14f53cda14f53cda14f53cda14f53cda14f53cda14f53cda1",
         *         "temporalUi": "http://127.0.0.1:8233/namespaces/transship/workflows/sync%2Fshop%2Fweb%40sha256%3A4f53cda14f53cda14f53cda14f53cda14f53cda14f53cda14f53cda14f53cda1"
         *       }
         *     }
         */
        AcceptedSync: {
            digest: string;
            from: string;
            /** @description Of the request */
            id: string;
            links: {
                /** @description Where its destinations are shown */
                status: string;
                /** @description Null where the fleet file names no Temporal UI */
                temporalUi: string | null;
            };
            /** @description Registries that sync rules name and the fleet file has not: nothing is brought there */
            missing: string[];
            repository: string;
            /** @description Tag that is moved; null: none is */
            tag: string | null;
            to: components["schemas"]["PlannedSync"][];
        };
        Actor: {
            /** @enum {string} */
            channel: "rest" | "cli" | "temporal-ui" | "schedule";
            name: string;
        };
        /**
         * @example {
         *       "app": "shop",
         *       "env": "pro",
         *       "version": "v1",
         *       "groups": [
         *         "web"
         *       ]
         *     }
         */
        AdoptionInput: {
            app: string;
            env: string;
            /** @description Default: all groups of the environment */
            groups?: string[];
            /**
             * @description What the sets are said to run: what a rollback comes back to
             * @example v2
             */
            version: string;
        };
        /**
         * @example {
         *       "app": "shop",
         *       "revision": 1,
         *       "appliedAt": "2026-01-01T12:00:00.000Z",
         *       "appliedBy": "li",
         *       "definition": {
         *         "app": "shop",
         *         "owner": "team-shop",
         *         "groups": [
         *           {
         *             "name": "web",
         *             "environment": "fat",
         *             "placement": [
         *               {
         *                 "cluster": "north-1",
         *                 "az": "az-1",
         *                 "instances": 1
         *               }
         *             ],
         *             "images": {
         *               "web": "shop/web"
         *             },
         *             "health": {
         *               "path": "/health",
         *               "port": 8080,
         *               "timeoutSeconds": 180,
         *               "codes": {
         *                 "ignited": [
         *                   200
         *                 ],
         *                 "waiting": [
         *                   526,
         *                   528
         *                 ],
         *                 "failed": [
         *                   527
         *                 ],
         *                 "markedDown": [
         *                   530
         *                 ]
         *               }
         *             },
         *             "ports": [
         *               {
         *                 "name": "http",
         *                 "port": 80,
         *                 "targetPort": 8080
         *               }
         *             ],
         *             "traffic": [
         *               "service"
         *             ],
         *             "template": {
         *               "spec": {
         *                 "containers": [
         *                   {
         *                     "name": "web",
         *                     "ports": [
         *                       {
         *                         "containerPort": 8080
         *                       }
         *                     ]
         *                   }
         *                 ]
         *               }
         *             }
         *           }
         *         ]
         *       },
         *       "groups": [
         *         {
         *           "env": "fat",
         *           "group": "web",
         *           "azSets": [
         *             {
         *               "idc": "north",
         *               "az": "az-1",
         *               "cluster": "north-1",
         *               "namespace": "fat",
         *               "name": "shop-web-az-1",
         *               "count": 1
         *             }
         *           ],
         *           "instances": [
         *             {
         *               "index": 0,
         *               "name": "web-0",
         *               "azSet": {
         *                 "idc": "north",
         *                 "az": "az-1",
         *                 "cluster": "north-1",
         *                 "namespace": "fat",
         *                 "name": "shop-web-az-1"
         *               },
         *               "member": "shop-web-az-1-0",
         *               "address": null,
         *               "uid": null
         *             }
         *           ],
         *           "released": null,
         *           "holder": null,
         *           "dirty": false
         *         }
         *       ]
         *     }
         */
        App: {
            app: string;
            appliedAt: string;
            appliedBy: string;
            definition: components["schemas"]["AppDefinition"];
            groups: {
                azSets: components["schemas"]["AzSet"][];
                /** @description Left half done: accepts only repair, resume and rollback */
                dirty: boolean;
                env: string;
                group: string;
                /** @description Operation that holds the group, or left it half done */
                holder: string | null;
                /** @description address and uid as last seen */
                instances: {
                    address: string | null;
                    azSet: components["schemas"]["AzSetRef"];
                    index: number;
                    member: string;
                    name: string;
                    uid: string | null;
                }[];
                /** @description What it runs at rest; null before its first release */
                released: {
                    images: {
                        [key: string]: components["schemas"]["ImageRef"];
                    };
                    number: number;
                    version: string;
                } | null;
            }[];
            revision: number;
        };
        /** @description The app file with every default filled in */
        AppDefinition: {
            /** @description Name of the app. */
            app: string;
            /** @description What it does, in a line. */
            description?: string;
            groups: {
                /** @description Environment of the fleet file. */
                environment: string;
                /** @description How an instance says that it is ignited (warmed up). */
                health: {
                    /** @description What the HTTP status of the health page means. A code has one meaning; one that is not listed means waiting. */
                    codes: {
                        /**
                         * @description Ignition failed: the instance has failed at once.
                         * @default [
                         *       527
                         *     ]
                         */
                        failed: number[];
                        /**
                         * @description Ready for traffic.
                         * @default [
                         *       200
                         *     ]
                         */
                        ignited: number[];
                        /**
                         * @description Marked down by the application or an operator: stays out of traffic.
                         * @default [
                         *       530
                         *     ]
                         */
                        markedDown: number[];
                        /**
                         * @description Still warming up: asked again until `timeoutSeconds`.
                         * @default [
                         *       526,
                         *       528
                         *     ]
                         */
                        waiting: number[];
                    };
                    /**
                     * Format: starts_with
                     * @description Path of the health page.
                     * @default /health
                     */
                    path: string;
                    /** @description Port of the health page, in the pod. */
                    port: number;
                    /**
                     * @description Seconds from the start of the new container until ignition must be done; after that the instance has failed.
                     * @default 180
                     */
                    timeoutSeconds: number;
                };
                /** @description Container → repository, without registry host and tag: the version of a release is the tag, each IDC pulls from its own registry. */
                images: {
                    [key: string]: string;
                };
                /** @description Name of the group, once per environment. */
                name: string;
                /** @description Where the instances are, one AzSet each. Their order numbers the instances: round robin. It cannot change once they exist. */
                placement: {
                    /** @description AZ that has nodes in the cluster. */
                    az: string;
                    /** @description Cluster of the fleet file. */
                    cluster: string;
                    /** @description Instances there, at the first release. */
                    instances: number;
                    /** @description Name of the StatefulSet, where there is one that is to be adopted. Default: made of app, group and AZ. Once in the group. */
                    set?: string;
                }[];
                /** @description Ports that the group's Service offers. */
                ports: {
                    /** @description Name of the port in the Service. */
                    name: string;
                    /** @description Port that clients of the Service use. */
                    port: number;
                    /** @description Port in the pod. */
                    targetPort: number;
                }[];
                /** @description Kubernetes PodTemplateSpec, without images. */
                template: {
                    /** @description Metadata of the pods. */
                    metadata?: {
                        /** @description Annotations of the pods. */
                        annotations?: {
                            [key: string]: string;
                        };
                        /** @description Labels of the pods. */
                        labels?: {
                            [key: string]: string;
                        };
                    };
                    /** @description PodSpec as Kubernetes knows it. Refused: `nodeName`, `hostNetwork`, `schedulingGates`, a `restartPolicy` other than Always. */
                    spec: {
                        /** @description Containers as Kubernetes knows them, without `image`. */
                        containers: ({
                            /** @description Named as in `images`. */
                            name: string;
                        } & {
                            [key: string]: unknown;
                        })[];
                    } & {
                        [key: string]: unknown;
                    };
                };
                traffic: string[];
            }[];
            /** @description Who answers for it: a person or a team. */
            owner?: string;
        };
        /**
         * @example {
         *       "app": "shop",
         *       "owner": "team-shop",
         *       "groups": [
         *         {
         *           "name": "web",
         *           "environment": "fat",
         *           "placement": [
         *             {
         *               "cluster": "north-1",
         *               "az": "az-1",
         *               "instances": 1
         *             }
         *           ],
         *           "images": {
         *             "web": "shop/web"
         *           },
         *           "health": {
         *             "port": 8080
         *           },
         *           "ports": [
         *             {
         *               "name": "http",
         *               "port": 80,
         *               "targetPort": 8080
         *             }
         *           ],
         *           "template": {
         *             "spec": {
         *               "containers": [
         *                 {
         *                   "name": "web",
         *                   "ports": [
         *                     {
         *                       "containerPort": 8080
         *                     }
         *                   ]
         *                 }
         *               ]
         *             }
         *           }
         *         }
         *       ]
         *     }
         */
        AppFileInput: {
            /** @description Name of the app. */
            app: string;
            /** @description What it does, in a line. */
            description?: string;
            /** @description Groups, in the order in which a release takes them. */
            groups: {
                /** @description Environment of the fleet file. */
                environment: string;
                /** @description How an instance says that it is ignited (warmed up). */
                health: {
                    /**
                     * @description What the HTTP status of the health page means. A code has one meaning; one that is not listed means waiting.
                     * @default {}
                     */
                    codes: {
                        /**
                         * @description Ignition failed: the instance has failed at once.
                         * @default [
                         *       527
                         *     ]
                         */
                        failed: number[];
                        /**
                         * @description Ready for traffic.
                         * @default [
                         *       200
                         *     ]
                         */
                        ignited: number[];
                        /**
                         * @description Marked down by the application or an operator: stays out of traffic.
                         * @default [
                         *       530
                         *     ]
                         */
                        markedDown: number[];
                        /**
                         * @description Still warming up: asked again until `timeoutSeconds`.
                         * @default [
                         *       526,
                         *       528
                         *     ]
                         */
                        waiting: number[];
                    };
                    /**
                     * Format: starts_with
                     * @description Path of the health page.
                     * @default /health
                     */
                    path: string;
                    /** @description Port of the health page, in the pod. */
                    port: number;
                    /**
                     * @description Seconds from the start of the new container until ignition must be done; after that the instance has failed.
                     * @default 180
                     */
                    timeoutSeconds: number;
                };
                /** @description Container → repository, without registry host and tag: the version of a release is the tag, each IDC pulls from its own registry. */
                images: {
                    [key: string]: string;
                };
                /** @description Name of the group, once per environment. */
                name: string;
                /** @description Where the instances are, one AzSet each. Their order numbers the instances: round robin. It cannot change once they exist. */
                placement: {
                    /** @description AZ that has nodes in the cluster. */
                    az: string;
                    /** @description Cluster of the fleet file. */
                    cluster: string;
                    /** @description Instances there, at the first release. */
                    instances: number;
                    /** @description Name of the StatefulSet, where there is one that is to be adopted. Default: made of app, group and AZ. Once in the group. */
                    set?: string;
                }[];
                /** @description Ports that the group's Service offers. */
                ports: {
                    /** @description Name of the port in the Service. */
                    name: string;
                    /** @description Port that clients of the Service use. */
                    port: number;
                    /** @description Port in the pod. */
                    targetPort: number;
                }[];
                /** @description Kubernetes PodTemplateSpec, without images. */
                template: {
                    /** @description Metadata of the pods. */
                    metadata?: {
                        /** @description Annotations of the pods. */
                        annotations?: {
                            [key: string]: string;
                        };
                        /** @description Labels of the pods. */
                        labels?: {
                            [key: string]: string;
                        };
                    };
                    /** @description PodSpec as Kubernetes knows it. Refused: `nodeName`, `hostNetwork`, `schedulingGates`, a `restartPolicy` other than Always. */
                    spec: {
                        /** @description Containers as Kubernetes knows them, without `image`. */
                        containers: ({
                            /** @description Named as in `images`. */
                            name: string;
                        } & {
                            [key: string]: unknown;
                        })[];
                    } & {
                        [key: string]: unknown;
                    };
                };
                /** @description Traffic drivers of the fleet file, in order: out means all, in order. Default: the first of the fleet file. */
                traffic?: string[];
            }[];
            /** @description Who answers for it: a person or a team. */
            owner?: string;
        };
        /**
         * @example {
         *       "apps": [
         *         {
         *           "name": "shop",
         *           "revision": 1,
         *           "appliedAt": "2026-01-01T12:00:00.000Z"
         *         }
         *       ]
         *     }
         */
        AppList: {
            apps: {
                appliedAt: string;
                name: string;
                revision: number;
            }[];
        };
        /**
         * @example {
         *       "app": "shop",
         *       "revision": 1,
         *       "applied": true,
         *       "changes": [
         *         {
         *           "path": "groups[\"fat/web\"].health.timeoutSeconds",
         *           "before": 60,
         *           "after": 180
         *         }
         *       ],
         *       "groups": [
         *         {
         *           "env": "fat",
         *           "group": "web",
         *           "azSets": [
         *             {
         *               "idc": "north",
         *               "az": "az-1",
         *               "cluster": "north-1",
         *               "namespace": "fat",
         *               "name": "shop-web-az-1",
         *               "count": 1
         *             }
         *           ],
         *           "instances": [
         *             {
         *               "index": 0,
         *               "name": "web-0",
         *               "azSet": {
         *                 "idc": "north",
         *                 "az": "az-1",
         *                 "cluster": "north-1",
         *                 "namespace": "fat",
         *                 "name": "shop-web-az-1"
         *               },
         *               "member": "shop-web-az-1-0"
         *             }
         *           ],
         *           "state": "new"
         *         }
         *       ]
         *     }
         */
        ApplyAnswer: {
            app: string;
            /** @description false for a dry run, and where nothing differs */
            applied: boolean;
            /** @description What differs from the definition before; a new app is one change without path */
            changes: {
                after: unknown;
                before: unknown;
                path: string;
            }[];
            /** @description Where the instances of each group live, or will */
            groups: {
                azSets: components["schemas"]["AzSet"][];
                env: string;
                group: string;
                instances: {
                    azSet: components["schemas"]["AzSetRef"];
                    index: number;
                    member: string;
                    name: string;
                }[];
                /**
                 * @description new: its first release creates its instances
                 * @enum {string}
                 */
                state: "new" | "kept";
            }[];
            /** @description Of the definition that is in force now; 0 where there is none */
            revision: number;
        };
        AzSet: {
            az: string;
            cluster: string;
            count: number;
            idc: string;
            /** @description On Kubernetes the name of the StatefulSet */
            name: string;
            namespace: string;
        };
        AzSetRef: {
            az: string;
            cluster: string;
            idc: string;
            /** @description On Kubernetes the name of the StatefulSet */
            name: string;
            namespace: string;
        };
        BatchPlan: {
            batches: {
                /** @description 0 is the bastion */
                index: number;
                members: components["schemas"]["InstanceRef"][];
                /** @description IDC or AZ that it belongs to, where a release goes in waves */
                wave?: string;
            }[];
            /** @description One sum per batch, as if every earlier batch had come back into service */
            budget: components["schemas"]["BudgetSum"][];
            /**
             * @description How the batch size came about
             * @example 25 % of 12 = 3
             */
            rounding: string;
        };
        /** @description The brake's arithmetic for one batch */
        BudgetSum: {
            desired: number;
            /** @description Instances that must keep serving */
            floor: number;
            pass: boolean;
            /** @description Largest share that may be out: max(25, batchPercent) */
            percent: number;
            serving: number;
            /** @description Members of the batch that serve now */
            taken: number;
        };
        /**
         * @example {
         *       "repository": "shop/web",
         *       "digest": "sha256:4f53cda14f53cda14f53cda14f53cda14f53cda14f53cda14f53cda14f53cda1",
         *       "links": {
         *         "status": "/v1/syncs?repository=shop%2Fweb&digest=sha256%3A4f53cda14f53cda14f53cda14f53cda14f53cda14f53cda14f53cda14f53cda1",
         *         "temporalUi": "http://127.0.0.1:8233/namespaces/transship/workflows/sync%2Fshop%2Fweb%40sha256%3A4f53cda14f53cda14f53cda14f53cda14f53cda14f53cda14f53cda14f53cda1"
         *       }
         *     }
         */
        CancelledSync: {
            digest: string;
            links: {
                /** @description Where its destinations are shown */
                status: string;
                /** @description Null where the fleet file names no Temporal UI */
                temporalUi: string | null;
            };
            repository: string;
        };
        /**
         * @example {
         *       "image": "shop/web@sha256:4f53cda14f53cda14f53cda14f53cda14f53cda14f53cda14f53cda14f53cda1"
         *     }
         */
        CancelSyncInput: {
            /**
             * @description REPOSITORY@DIGEST
             * @example shop/web:v2
             */
            image: string;
        };
        /**
         * @example {
         *       "state": "accepted",
         *       "notAfter": "2026-01-01T12:01:00.000Z",
         *       "commands": [
         *         {
         *           "id": "cmd-ab2c3d4e5f",
         *           "operation": "rel-c3xq2m7k4a.web",
         *           "state": "accepted",
         *           "answer": "undoing 3 instances"
         *         }
         *       ]
         *     }
         */
        CommandAnswer: {
            commands: {
                answer: string;
                id: string;
                operation: string;
                /** @enum {string} */
                state: "pending" | "accepted" | "refused";
            }[];
            notAfter: string;
            /**
             * @description pending: sent, no worker has answered yet; it runs when one does, unless notAfter has passed
             * @enum {string}
             */
            state: "pending" | "accepted" | "refused";
        };
        /**
         * @example {
         *       "command": "abort",
         *       "reason": "wrong version"
         *     }
         */
        CommandInput: {
            /** @enum {string} */
            command: "smoke" | "bake" | "rollout" | "finish" | "resume" | "brake" | "configure" | "rollback" | "abort";
            /** @description What `configure` changes, for what is still to come */
            config?: {
                /** @description Instead of batchPercent: `25%`, or the share of each batch after the bastion, `10%+20%+25%+25%+20%`. They sum to 100; none is over what may be out at once: 25 %, or the first share */
                batchPattern?: string;
                /** @description Size of a batch in percent of the group */
                batchPercent?: number;
                /** @description Seconds to wait, after an address left the endpoints, for proxies and open connections */
                drainSeconds?: number;
                /** @description Hours that a person has at a failure, a brake or a manual gate; then a failure or brake ends the release as FAILURE, a gate undoes it */
                gateHours?: number;
                /** @description Where the release waits: `manual`, `automatic`, or how long it soaks (`10m`). Default: the environment's */
                gates?: {
                    /** @description The bastion runs the new version, before it gets traffic. Opened by `bake`. */
                    bake?: string;
                    /**
                     * @description Between two batches; automatic: after `pauseSeconds`. Opened by `rollout`.
                     * @enum {string}
                     */
                    batch?: "manual" | "automatic";
                    /** @description All instances serve, before the release ends and cannot be undone any more. Opened by `finish`. */
                    finish?: string;
                    /** @description The bastion serves, before the other batches. Opened by `rollout`. */
                    rollout?: string;
                    /** @description Before the bastion is touched. Opened by `smoke`. */
                    smoke?: string;
                    /** @description Between two waves (`waves: idc` or `az`), in the place of `batch`. Default: as `batch`. Opened by `rollout`. */
                    wave?: string;
                };
                /** @description An instance that runs counts as ignited; its health page is not asked */
                ignoreIgnition?: boolean;
                /**
                 * @description While a cluster does not answer: `hold` (default) waits for it; `requeue` brings on the others first, and that one when it answers again. Until then its instances count as not serving
                 * @enum {string}
                 */
                onClusterLoss?: "hold" | "requeue";
                /**
                 * @description What becomes of the waves after one in which an instance failed: `stop` (default) asks a person first
                 * @enum {string}
                 */
                onWaveFailure?: "stop" | "continue";
                /** @description Seconds between two batches */
                pauseSeconds?: number;
                /**
                 * @description Gate after which nothing is undone: abort, and a gate that nobody opens in time, then leave all as it stands and the group dirty
                 * @enum {string}
                 */
                pointOfNoReturn?: "smoke" | "bake" | "rollout";
                /** @description Hours between two reminders */
                remindHours?: number;
                /** @description Seconds that an instance has to ignite. Default: the health check's timeoutSeconds */
                startupSeconds?: number;
                /**
                 * @description What a batch does not span: `idc`, all of one IDC before the next; `az`, all of one AZ; `none` (default), it is spread over all
                 * @enum {string}
                 */
                waves?: "none" | "idc" | "az";
            };
            /** @description Only this group. Default: every live group, and the release */
            group?: string;
            /** @description Why, for the audit */
            reason?: string;
        };
        /**
         * @example {
         *       "dryRun": false,
         *       "mostDeletions": 200
         *     }
         */
        CompareRequestInput: {
            /** @description This once in the place of `deletions.repositories` of the rule */
            deleteRepositories?: boolean;
            /**
             * @description Nothing is brought or deleted; it says what would be
             * @default false
             */
            dryRun: boolean;
            /** @description This once in the place of `deletions.most` of the rule */
            mostDeletions?: number;
        };
        /**
         * @example {
         *       "revision": 2,
         *       "by": "schedule",
         *       "startedAt": "2026-01-01T12:00:00.000Z",
         *       "seconds": 4.2,
         *       "idcs": {
         *         "south": {
         *           "checked": 812,
         *           "missing": 1,
         *           "extra": 2,
         *           "deleted": 1,
         *           "held": 1,
         *           "isCut": false,
         *           "trouble": null
         *         }
         *       },
         *       "examples": [
         *         {
         *           "what": "missing",
         *           "image": "shop/web:v7",
         *           "registries": [
         *             "south"
         *           ],
         *           "why": null,
         *           "detail": ""
         *         },
         *         {
         *           "what": "deleted",
         *           "image": "shop/web:v1",
         *           "registries": [
         *             "south"
         *           ],
         *           "why": null,
         *           "detail": ""
         *         },
         *         {
         *           "what": "held",
         *           "image": "shop/old:v1",
         *           "registries": [
         *             "south"
         *           ],
         *           "why": "repository",
         *           "detail": ""
         *         }
         *       ],
         *       "unsupported": [],
         *       "asked": 1,
         *       "late": 0
         *     }
         */
        Comparison: {
            /** @description Images that were missing somewhere, and were asked for */
            asked: number;
            /** @description Who asked for it: schedule, or a person */
            by: string;
            /** @description The first of those that differed */
            examples: components["schemas"]["DriftExample"][];
            idcs: {
                [key: string]: components["schemas"]["IdcDrift"];
            };
            /** @description Of them those that had not got there ten minutes later; null: that is not known yet */
            late: number | null;
            /** @description Of the rule */
            revision: number;
            /** @description Until all was compared and deleted; what is missing takes longer to be brought */
            seconds: number;
            startedAt: string;
            /** @description Registries that delete no tags: they are tried again when the rule changes, or a person compares */
            unsupported: string[];
        };
        /**
         * @example {
         *       "id": "cmp-c3xq2m7k4a",
         *       "rule": "shop",
         *       "state": "running",
         *       "comparison": null,
         *       "doing": [
         *         "idc-south: compares shop/web: 1200 tags so far, 3 missing"
         *       ]
         *     }
         */
        ComparisonStatus: {
            /** @description How it ended; null while it runs, where it failed, and where the rule was gone when it began */
            comparison: components["schemas"]["Comparison"] | null;
            /** @description What goes on now, a line for each step */
            doing: string[];
            id: string;
            rule: string;
            /** @enum {string} */
            state: "running" | "done" | "failed";
        };
        /**
         * @example {
         *       "registries": [
         *         "north"
         *       ]
         *     }
         */
        ConnectRegistriesInput: {
            /** @description Default: those that sync rules in force bring images from, and to */
            registries?: string[];
        };
        /**
         * @example {
         *       "app": "shop",
         *       "env": "pro",
         *       "groups": [
         *         "web"
         *       ],
         *       "to": "parallel"
         *     }
         */
        ConversionInput: {
            app: string;
            env: string;
            /** @description Default: all groups of the environment that have been released */
            groups?: string[];
            /**
             * @description parallel: instances of a batch at the same time; ordered: one only while all before it are well (OrderedReady)
             * @default parallel
             * @enum {string}
             */
            to: "parallel" | "ordered";
        };
        /**
         * @example {
         *       "repository": "shop/web",
         *       "tag": "v1",
         *       "registry": "south",
         *       "digest": "sha256:4f53cda14f53cda14f53cda14f53cda14f53cda14f53cda14f53cda14f53cda1",
         *       "from": "north",
         *       "rule": "shop",
         *       "at": "2026-01-01T12:00:00.000Z"
         *     }
         */
        DeletedTag: {
            at: string;
            /** @description What it named; the image stays until the registry collects it */
            digest: string;
            /** @description Registry that it had come from, and that had it no more */
            from: string;
            registry: string;
            repository: string;
            rule: string;
            tag: string;
        };
        /**
         * @example {
         *       "app": "shop",
         *       "env": "pro",
         *       "groups": [
         *         "web"
         *       ]
         *     }
         */
        DetachmentInput: {
            app: string;
            env: string;
            /** @description Default: all groups of the environment that have been released */
            groups?: string[];
        };
        DisabledVersion: {
            actor: {
                channel: string;
                name: string;
            };
            app: string;
            disabledAt: string;
            operation: string;
            reason: string;
            version: string;
        };
        /**
         * @example {
         *       "versions": [
         *         {
         *           "app": "shop",
         *           "version": "v2",
         *           "operation": "rel-c3xq2m7k4a.web",
         *           "reason": "rolled back by li: orders fail",
         *           "actor": {
         *             "name": "li",
         *             "channel": "cli"
         *           },
         *           "disabledAt": "2026-01-01T12:00:00.000Z"
         *         }
         *       ]
         *     }
         */
        DisabledVersionList: {
            versions: components["schemas"]["DisabledVersion"][];
        };
        DriftExample: {
            /** @description The other rule, what the registry said, or how many there are */
            detail: string;
            image: string;
            registries: string[];
            /** @enum {string} */
            what: "missing" | "deleted" | "held";
            /** @description Why it stays. many: more than `deletions.most` within an hour; repository: the source has no tag of the repository any more; rule: another rule brings it there; unsupported: the registry deletes no tags; failed: it refused, or did not answer */
            why: ("many" | "repository" | "rule" | "unsupported" | "failed") | null;
        };
        /**
         * @example {
         *       "seq": 7,
         *       "at": "2026-01-01T12:00:03.120Z",
         *       "operation": "rel-c3xq2m7k4a.web",
         *       "kind": "step",
         *       "instance": "web-0",
         *       "step": "takeOut",
         *       "attempt": 1,
         *       "outcome": "done",
         *       "message": "out of traffic (north/az-1)",
         *       "data": null
         *     }
         */
        Event: {
            at: string;
            attempt: number;
            data: unknown;
            instance: string | null;
            /** @enum {string} */
            kind: "state" | "plan" | "batch" | "step" | "command" | "note";
            message: string;
            operation: string;
            outcome: ("begun" | "done" | "failed") | null;
            /** @description From 1 without gaps: the Last-Event-ID */
            seq: number;
            step: string;
        };
        /**
         * @example {
         *       "events": [
         *         {
         *           "seq": 7,
         *           "at": "2026-01-01T12:00:03.120Z",
         *           "operation": "rel-c3xq2m7k4a.web",
         *           "kind": "step",
         *           "instance": "web-0",
         *           "step": "takeOut",
         *           "attempt": 1,
         *           "outcome": "done",
         *           "message": "out of traffic (north/az-1)",
         *           "data": null
         *         }
         *       ]
         *     }
         */
        EventList: {
            events: components["schemas"]["Event"][];
        };
        /**
         * @example {
         *       "fleet": "demo",
         *       "environments": [
         *         {
         *           "name": "fat",
         *           "namespace": "fat"
         *         }
         *       ],
         *       "idcs": [
         *         {
         *           "name": "north",
         *           "azs": [
         *             "az-1",
         *             "az-2"
         *           ],
         *           "registries": [
         *             {
         *               "name": "north",
         *               "kind": "harbor"
         *             }
         *           ],
         *           "clusters": [
         *             {
         *               "name": "north-1",
         *               "kind": "kubernetes",
         *               "azs": [
         *                 "az-1",
         *                 "az-2"
         *               ]
         *             }
         *           ]
         *         }
         *       ],
         *       "trafficDrivers": [
         *         {
         *           "name": "service",
         *           "kind": "kubernetes-service"
         *         }
         *       ],
         *       "limits": {
         *         "batchPercent": 25,
         *         "maxBatchPercent": 50,
         *         "pauseSeconds": 0,
         *         "drainSeconds": 2,
         *         "gateHours": 24
         *       }
         *     }
         */
        Fleet: {
            /** @description In order of promotion */
            environments: {
                name: string;
                namespace: string;
            }[];
            fleet: string;
            idcs: {
                azs: string[];
                clusters: {
                    azs: string[];
                    kind: string;
                    name: string;
                }[];
                name: string;
                /** @description The main one, called as the IDC is, then its replicas */
                registries: {
                    kind: string;
                    name: string;
                }[];
            }[];
            limits: {
                batchPercent: number;
                drainSeconds: number;
                gateHours: number;
                maxBatchPercent: number;
                pauseSeconds: number;
            };
            trafficDrivers: {
                kind: string;
                name: string;
            }[];
        };
        GroupPlan: {
            images: {
                [key: string]: components["schemas"]["ImageRef"];
            };
            /** @description Images that sync rules bring to an IDC before its first batch, while earlier batches go; absent where all are there */
            missing?: {
                /** @description A project that a Harbor lacks is made. Default: false */
                createProject?: boolean;
                digest: string;
                /** @description Registry that has it */
                from: {
                    idc: string;
                    name: string;
                };
                /** @description IDC whose registry lacks it */
                idc: string;
                platforms?: string[];
                referrers: boolean;
                repository: string;
                tag: string;
            }[];
            /**
             * @description create: its sets do not exist yet; in-place: images change; recreate: more does, so there will be new instances; mixed: that is so in some of its sets only; restart: the same again, in new pods; scale: batch 1 comes, batch 2 goes; adopt, detach: its sets are taken over, or left, as they run; convert: its sets are made anew under their instances, which stay; none: it is like that already
             * @enum {string}
             */
            mode: "create" | "in-place" | "recreate" | "mixed" | "restart" | "scale" | "adopt" | "detach" | "convert" | "none";
            plan: components["schemas"]["BatchPlan"];
            ref: {
                app: string;
                env: string;
                group: string;
            };
            /** @description Image strings that run now, most frequent first */
            running: string[];
            warnings: string[];
        };
        /**
         * @example {
         *       "ok": true,
         *       "checks": [
         *         {
         *           "name": "catalogue",
         *           "ok": true,
         *           "detail": ""
         *         }
         *       ]
         *     }
         */
        Health: {
            checks: {
                detail: string;
                name: string;
                ok: boolean;
            }[];
            ok: boolean;
        };
        /**
         * @example {
         *       "asked": 1,
         *       "known": 0,
         *       "unwanted": 0
         *     }
         */
        HookAnswer: {
            /** @description Pushes whose image was asked for, and deletions for which a repository is compared */
            asked: number;
            /** @description Those that had been told of before */
            known: number;
            /** @description Those that no sync rule has to do with */
            unwanted: number;
        };
        IdcDrift: {
            /** @description Tags that the rule brings, as the source has them */
            checked: number;
            deleted: number;
            /** @description Tags that were brought, and that the source has no more; with deletions only */
            extra: number;
            /** @description Extra tags that stay */
            held: number;
            /** @description There is more than was counted: it is found when this much is done */
            isCut: boolean;
            /** @description Of them those that a registry has not, or that name another image there */
            missing: number;
            /** @description Why it could not be compared; null: it was */
            trouble: components["schemas"]["Trouble"] | null;
        };
        /**
         * @example {
         *       "repository": "shop/web",
         *       "registries": [
         *         {
         *           "registry": "north",
         *           "trouble": null,
         *           "isCut": false
         *         },
         *         {
         *           "registry": "south",
         *           "trouble": null,
         *           "isCut": false
         *         }
         *       ],
         *       "tags": [
         *         {
         *           "tag": "v2",
         *           "agrees": false,
         *           "digests": {
         *             "north": "sha256:4f53cda14f53cda14f53cda14f53cda14f53cda14f53cda14f53cda14f53cda1",
         *             "south": null
         *           }
         *         }
         *       ],
         *       "deleted": []
         *     }
         */
        ImageComparison: {
            /** @description Tags that a sync rule has deleted in these registries, and nobody brought again since */
            deleted: components["schemas"]["DeletedTag"][];
            registries: {
                /** @description It has more tags than were looked at */
                isCut: boolean;
                registry: string;
                /** @description Why it cannot be told what it has */
                trouble: components["schemas"]["Trouble"] | null;
            }[];
            repository: string;
            tags: {
                /** @description Every registry that answers has the same */
                agrees: boolean;
                /** @description Registry → what the tag names there; null: nothing. Registries of which it is not known are left out */
                digests: {
                    [key: string]: string | null;
                };
                tag: string;
            }[];
        };
        ImageRef: {
            digest: string;
            repository: string;
            tag: string;
        };
        InstanceRef: {
            azSet: components["schemas"]["AzSetRef"];
            /** @description Number in the group, from 0; not the ordinal in the AzSet */
            index: number;
            /** @description Place in the AzSet: on Kubernetes the name of the pod */
            member: string;
            name: string;
        };
        /**
         * @example {
         *       "revision": 2,
         *       "by": "schedule",
         *       "startedAt": "2026-01-01T12:00:00.000Z",
         *       "seconds": 4.2,
         *       "idcs": {
         *         "south": {
         *           "checked": 812,
         *           "missing": 1,
         *           "extra": 2,
         *           "deleted": 1,
         *           "held": 1,
         *           "isCut": false,
         *           "trouble": null
         *         }
         *       },
         *       "examples": [
         *         {
         *           "what": "missing",
         *           "image": "shop/web:v7",
         *           "registries": [
         *             "south"
         *           ],
         *           "why": null,
         *           "detail": ""
         *         },
         *         {
         *           "what": "deleted",
         *           "image": "shop/web:v1",
         *           "registries": [
         *             "south"
         *           ],
         *           "why": null,
         *           "detail": ""
         *         },
         *         {
         *           "what": "held",
         *           "image": "shop/old:v1",
         *           "registries": [
         *             "south"
         *           ],
         *           "why": "repository",
         *           "detail": ""
         *         }
         *       ],
         *       "unsupported": [],
         *       "asked": 1,
         *       "late": 0,
         *       "endedAt": "2026-01-01T12:00:05.000Z",
         *       "driftSince": "2026-01-01T09:10:00.000Z"
         *     }
         */
        LastComparison: {
            /** @description Images that were missing somewhere, and were asked for */
            asked: number;
            /** @description Who asked for it: schedule, or a person */
            by: string;
            /** @description Since when each comparison has left something as it should not be; null: the last one did not */
            driftSince: string | null;
            endedAt: string;
            /** @description The first of those that differed */
            examples: components["schemas"]["DriftExample"][];
            idcs: {
                [key: string]: components["schemas"]["IdcDrift"];
            };
            /** @description Of them those that had not got there ten minutes later; null: that is not known yet */
            late: number | null;
            /** @description Of the rule */
            revision: number;
            /** @description Until all was compared and deleted; what is missing takes longer to be brought */
            seconds: number;
            startedAt: string;
            /** @description Registries that delete no tags: they are tried again when the rule changes, or a person compares */
            unsupported: string[];
        };
        PlannedSync: {
            /** @description A project that a Harbor lacks is made */
            createProject: boolean;
            /** @description What the tag, or the digest, names there now */
            digest: string | null;
            idc: string;
            /**
             * @description same: it is there, and only what is missing of it is brought; other: the tag names another image, and moves; absent: it is brought; unreachable: it is tried until the registry answers, for a day
             * @enum {string}
             */
            now: "same" | "other" | "absent" | "unreachable";
            platforms?: string[];
            referrers: boolean;
            registry: string;
            /** @description Sync rules that bring it there */
            rules: string[];
            trouble: components["schemas"]["Trouble"] | null;
        };
        /**
         * @example {
         *       "type": "/docs/errors#GROUP_BUSY",
         *       "title": "Another operation holds the group",
         *       "status": 409,
         *       "instance": "/v1/releases",
         *       "code": "GROUP_BUSY",
         *       "detail": "fat/shop/web is held by rel-c3xq2m7k4a (v2)",
         *       "verdict": "refused",
         *       "retryable": false,
         *       "next": "Wait for the operation named, or abort it.",
         *       "errors": []
         *     }
         */
        Problem: {
            /**
             * @description Stable: match on this
             * @enum {string}
             */
            code: "REQUEST_INVALID" | "FLEET_INVALID" | "APP_INVALID" | "SYNC_RULE_INVALID" | "IDEMPOTENCY_KEY_REUSED" | "LIMIT_EXCEEDED" | "METHOD_NOT_ALLOWED" | "MEDIA_TYPE_UNSUPPORTED" | "BODY_TOO_LARGE" | "HOST_REFUSED" | "NOT_FOUND" | "APP_UNKNOWN" | "ENVIRONMENT_UNKNOWN" | "GROUP_UNKNOWN" | "OPERATION_UNKNOWN" | "WEBHOOK_REFUSED" | "SYNC_RULE_UNKNOWN" | "SYNC_UNKNOWN" | "IMAGE_UNKNOWN" | "IMAGE_GONE" | "IMAGE_UNREADABLE" | "IMAGE_DIFFERS" | "IMAGE_NOT_BROUGHT" | "CREDENTIALS_UNREADABLE" | "REGISTRY_DENIED" | "REGISTRY_QUOTA" | "REPOSITORY_UNKNOWN" | "PROJECT_UNKNOWN" | "TAG_IMMUTABLE" | "REGISTRY_TOO_LARGE" | "REGISTRY_UNSUPPORTED" | "REGISTRY_REFUSED" | "GROUP_BUSY" | "GROUP_DIRTY" | "VERSION_DISABLED" | "NOTHING_TO_ROLL_BACK" | "NOT_DIRTY" | "OPERATION_CUT_SHORT" | "FENCE_LOST" | "COMMAND_ILLEGAL" | "COMMAND_EXPIRED" | "APP_CHANGED" | "SYNC_RULE_CHANGED" | "SYNC_RULE_CONFLICT" | "SYNC_RULE_LOOP" | "SIZE_CHANGE_UNSUPPORTED" | "RECREATE_UNSUPPORTED" | "NOTHING_TO_DO" | "FOREIGN_TEMPLATE" | "SIZE_AUTOMATIC" | "SET_NOT_AT_REST" | "CLUSTER_UNABLE" | "SERVICE_UNFIT" | "IMAGE_PULL_FAILED" | "CONTAINER_CRASHING" | "IGNITION_FAILED" | "IGNITION_TIMEOUT" | "INSTANCE_MARKED_DOWN" | "ROLLOUT_INCOMPLETE" | "STAGE_FAILED" | "WAVE_FAILED" | "ORDER_STOPPED" | "SETS_MISSING" | "GATE_EXPIRED" | "CAPACITY_SHORT" | "BRAKED" | "CLUSTER_UNREACHABLE" | "CLUSTER_LOST" | "CLUSTER_FORBIDDEN" | "REGISTRY_UNREACHABLE" | "REGISTRY_BUSY" | "UPLOAD_LOST" | "IMAGE_CORRUPT" | "CATALOGUE_UNREACHABLE" | "CATALOGUE_NEWER" | "TEMPORAL_UNREACHABLE" | "IDC_WORKER_ABSENT" | "DRAIN_TIMEOUT" | "PULL_IN_TIMEOUT" | "LOAD_BALANCER_UNREACHABLE" | "LOAD_BALANCER_REFUSED" | "LOAD_BALANCER_TARGET_UNKNOWN" | "CONTROLLER_STALLED" | "DEPLOYMENT_LOCKED" | "INSTANCE_NOT_STARTED" | "INSTANCE_UNSCHEDULABLE" | "EVICTION_REFUSED" | "BUDGETS_CONFLICT" | "REVISION_IN_USE" | "INSTANCE_REPLACED" | "INTERNAL";
            /** @description What is wrong, here and now, with names */
            detail: string;
            /** @description Places of the input that are wrong; empty when it is not about input */
            errors: {
                column?: number;
                hint?: string;
                /** @description In the text of the body, from 1, where it was read as text */
                line?: number;
                message: string;
                path: string;
            }[];
            /** @description Path of the request */
            instance?: string;
            /** @description What to do next */
            next: string;
            /** @description May the same request succeed later without a change? */
            retryable: boolean;
            status: number;
            /** @description Short, the same for every occurrence of the code */
            title: string;
            /** @description Where the runbook speaks of the code, relative to the API */
            type: string;
            /**
             * @description failed: the version is bad; errored: we cannot tell; refused: the request is, nothing was changed
             * @enum {string}
             */
            verdict: "failed" | "errored" | "refused";
        };
        /**
         * @example {
         *       "app": "shop",
         *       "version": "v2",
         *       "envs": [
         *         "fat",
         *         "uat",
         *         "pro"
         *       ],
         *       "promote": "manual"
         *     }
         */
        PromotionInput: {
            app: string;
            /** @description Knobs of the release in each of them */
            config?: {
                /** @description Instead of batchPercent: `25%`, or the share of each batch after the bastion, `10%+20%+25%+25%+20%`. They sum to 100; none is over what may be out at once: 25 %, or the first share */
                batchPattern?: string;
                /** @description Size of a batch in percent of the group */
                batchPercent?: number;
                /** @description Seconds to wait, after an address left the endpoints, for proxies and open connections */
                drainSeconds?: number;
                /** @description Hours that a person has at a failure, a brake or a manual gate; then a failure or brake ends the release as FAILURE, a gate undoes it */
                gateHours?: number;
                /** @description Where the release waits: `manual`, `automatic`, or how long it soaks (`10m`). Default: the environment's */
                gates?: {
                    /** @description The bastion runs the new version, before it gets traffic. Opened by `bake`. */
                    bake?: string;
                    /**
                     * @description Between two batches; automatic: after `pauseSeconds`. Opened by `rollout`.
                     * @enum {string}
                     */
                    batch?: "manual" | "automatic";
                    /** @description All instances serve, before the release ends and cannot be undone any more. Opened by `finish`. */
                    finish?: string;
                    /** @description The bastion serves, before the other batches. Opened by `rollout`. */
                    rollout?: string;
                    /** @description Before the bastion is touched. Opened by `smoke`. */
                    smoke?: string;
                    /** @description Between two waves (`waves: idc` or `az`), in the place of `batch`. Default: as `batch`. Opened by `rollout`. */
                    wave?: string;
                };
                /** @description An instance that runs counts as ignited; its health page is not asked */
                ignoreIgnition?: boolean;
                /**
                 * @description While a cluster does not answer: `hold` (default) waits for it; `requeue` brings on the others first, and that one when it answers again. Until then its instances count as not serving
                 * @enum {string}
                 */
                onClusterLoss?: "hold" | "requeue";
                /**
                 * @description What becomes of the waves after one in which an instance failed: `stop` (default) asks a person first
                 * @enum {string}
                 */
                onWaveFailure?: "stop" | "continue";
                /** @description Seconds between two batches */
                pauseSeconds?: number;
                /**
                 * @description Gate after which nothing is undone: abort, and a gate that nobody opens in time, then leave all as it stands and the group dirty
                 * @enum {string}
                 */
                pointOfNoReturn?: "smoke" | "bake" | "rollout";
                /** @description Hours between two reminders */
                remindHours?: number;
                /** @description Seconds that an instance has to ignite. Default: the health check's timeoutSeconds */
                startupSeconds?: number;
                /**
                 * @description What a batch does not span: `idc`, all of one IDC before the next; `az`, all of one AZ; `none` (default), it is spread over all
                 * @enum {string}
                 */
                waves?: "none" | "idc" | "az";
            };
            /** @description Environments in order. Default: all of the fleet file, in its order, in which the app has a group */
            envs?: string[];
            /** @description Groups to release, in each environment that has one of them. Default: all */
            groups?: string[];
            /** @description The groups as one: all bastions, then batch by batch in step, each within the budget of its own; none ends before all have come to the end, and where one does not succeed all are undone. Default: one group after the other */
            joined?: boolean;
            /** @description What stands between two environments: `manual`, `automatic`, or how long it soaks (`10m`). Default: what the fleet file says of the environment that follows (`promote`), else `manual` */
            promote?: string;
            /**
             * @description Tag of the images to release
             * @example v2
             */
            version: string;
        };
        /**
         * @example {
         *       "registries": [
         *         {
         *           "registry": "north",
         *           "kind": "harbor",
         *           "findings": [
         *             {
         *               "about": "webhook of project shop",
         *               "state": "todo",
         *               "message": "is missing: it is to tell https://transship.example.com/v1/hooks/registry/north of what is pushed and deleted",
         *               "next": null
         *             }
         *           ]
         *         }
         *       ],
         *       "todo": 1,
         *       "wrong": 0
         *     }
         */
        RegistryConnections: {
            registries: {
                findings: components["schemas"]["RegistryFinding"][];
                /** @enum {string} */
                kind: "distribution" | "harbor";
                registry: string;
            }[];
            /** @description Findings in state todo: what connecting would mend */
            todo: number;
            /** @description Findings in state wrong: what is left for people */
            wrong: number;
        };
        RegistryFinding: {
            /**
             * @description What was looked at
             * @example webhook of project shop
             */
            about: string;
            message: string;
            /** @description What to do about it; it may have several lines */
            next: string | null;
            /**
             * @description ok: as it should be; todo: connecting mends it; done: it has; wrong: somebody has to do what `next` says; unknown: it cannot be told
             * @enum {string}
             */
            state: "ok" | "todo" | "done" | "wrong" | "unknown";
        };
        /**
         * @description As the registry sends it
         * @example {
         *       "type": "PUSH_ARTIFACT",
         *       "occur_at": 1678082303,
         *       "operator": "admin",
         *       "event_data": {
         *         "resources": [
         *           {
         *             "digest": "sha256:0000000000000000000000000000000000000000000000000000000000000000",
         *             "tag": "v2",
         *             "resource_url": "harbor.north/shop/web:v2"
         *           }
         *         ],
         *         "repository": {
         *           "name": "web",
         *           "namespace": "shop",
         *           "repo_full_name": "shop/web",
         *           "repo_type": "private"
         *         }
         *       }
         *     }
         */
        RegistryHookInput: {
            [key: string]: unknown;
        };
        /**
         * @example {
         *       "id": "rel-c3xq2m7k4a",
         *       "app": "shop",
         *       "env": "fat",
         *       "version": "v2",
         *       "flavor": "release",
         *       "corrects": null,
         *       "state": "ROLLING_OUT",
         *       "waiting": "",
         *       "trouble": null,
         *       "actor": {
         *         "name": "li",
         *         "channel": "cli"
         *       },
         *       "createdAt": "2026-01-01T12:00:00.000Z",
         *       "startedAt": "2026-01-01T12:00:00.100Z",
         *       "endedAt": null,
         *       "links": {
         *         "self": "/v1/releases/rel-c3xq2m7k4a",
         *         "status": "/v1/releases/rel-c3xq2m7k4a",
         *         "events": "/v1/releases/rel-c3xq2m7k4a/events",
         *         "commands": "/v1/releases/rel-c3xq2m7k4a/commands",
         *         "temporalUi": "http://127.0.0.1:8233/namespaces/transship/workflows/release%2Frel-c3xq2m7k4a"
         *       },
         *       "stages": [],
         *       "commands": [
         *         "abort"
         *       ],
         *       "groups": [
         *         {
         *           "group": "web",
         *           "operation": "rel-c3xq2m7k4a.web",
         *           "state": "ROLLING_OUT",
         *           "waiting": "",
         *           "trouble": null,
         *           "commands": [
         *             "abort"
         *           ],
         *           "batches": [
         *             {
         *               "index": 0,
         *               "instances": [
         *                 {
         *                   "name": "web-0",
         *                   "index": 0,
         *                   "idc": "north",
         *                   "az": "az-1",
         *                   "phase": "done",
         *                   "trouble": null
         *                 }
         *               ]
         *             }
         *           ],
         *           "temporalUi": "http://127.0.0.1:8233/namespaces/transship/workflows/group%2Ffat%2Fshop%2Fweb"
         *         }
         *       ]
         *     }
         */
        Release: {
            actor: components["schemas"]["Actor"];
            app: string;
            /** @description Legal now for at least one group */
            commands: ("smoke" | "bake" | "rollout" | "finish" | "resume" | "brake" | "configure" | "rollback" | "abort")[];
            /** @description What a rollback or repair puts right: a release, or the operation that left the group */
            corrects: string | null;
            createdAt: string;
            endedAt: string | null;
            env: string;
            /**
             * @description release; promote, releases in one environment after the other; or what brings no new version: restart, scale, adopt, detach, convert, rollback, repair
             * @enum {string}
             */
            flavor: "release" | "promote" | "restart" | "scale" | "adopt" | "detach" | "convert" | "rollback" | "repair";
            groups: components["schemas"]["ReleaseGroup"][];
            /**
             * @description Id of the release
             * @example rel-c3xq2m7k4a
             */
            id: string;
            links: components["schemas"]["ReleaseLinks"];
            /** @description Of a promotion: its environments in order, each with the latest release in it. Else empty */
            stages: components["schemas"]["ReleaseStage"][];
            startedAt: string | null;
            /** @enum {string} */
            state: "PENDING" | "CREATING" | "SMOKING" | "SMOKE_SUCCESS" | "SMOKE_FAILURE" | "SMOKE_BRAKED" | "SMOKE_SUCCESS_BRAKED" | "SMOKE_FAILURE_BRAKED" | "BAKING" | "BAKE_SUCCESS" | "BAKE_FAILURE" | "BAKE_BRAKED" | "BAKE_SUCCESS_BRAKED" | "BAKE_FAILURE_BRAKED" | "ROLLING_OUT" | "BATCH_SUCCESS" | "ROLLOUT_SUCCESS" | "ROLLOUT_FAILURE" | "ROLLOUT_BRAKED" | "ROLLOUT_SUCCESS_BRAKED" | "ROLLOUT_FAILURE_BRAKED" | "SETTLING" | "REVOKING" | "SUCCESS" | "REVOKED" | "FAILURE";
            trouble: components["schemas"]["Trouble"] | null;
            version: string;
            /** @description What is waited for, since, until, who can unblock it; empty when nothing is */
            waiting: string;
        };
        ReleaseGroup: {
            /** @description Empty until the group begins */
            batches: {
                /** @description 0 is the bastion */
                index: number;
                instances: components["schemas"]["ReleaseInstance"][];
            }[];
            /** @description Legal now, in the order they are offered */
            commands: ("smoke" | "bake" | "rollout" | "finish" | "resume" | "brake" | "configure" | "rollback" | "abort")[];
            group: string;
            operation: string;
            /** @enum {string} */
            state: "PENDING" | "CREATING" | "SMOKING" | "SMOKE_SUCCESS" | "SMOKE_FAILURE" | "SMOKE_BRAKED" | "SMOKE_SUCCESS_BRAKED" | "SMOKE_FAILURE_BRAKED" | "BAKING" | "BAKE_SUCCESS" | "BAKE_FAILURE" | "BAKE_BRAKED" | "BAKE_SUCCESS_BRAKED" | "BAKE_FAILURE_BRAKED" | "ROLLING_OUT" | "BATCH_SUCCESS" | "ROLLOUT_SUCCESS" | "ROLLOUT_FAILURE" | "ROLLOUT_BRAKED" | "ROLLOUT_SUCCESS_BRAKED" | "ROLLOUT_FAILURE_BRAKED" | "SETTLING" | "REVOKING" | "SUCCESS" | "REVOKED" | "FAILURE";
            temporalUi: string | null;
            trouble: components["schemas"]["Trouble"] | null;
            waiting: string;
        };
        ReleaseInstance: {
            az: string;
            idc: string;
            index: number;
            name: string;
            /** @enum {string} */
            phase: "pending" | "out" | "deployed" | "ignited" | "done" | "failed" | "errored" | "undone" | "gone";
            trouble: components["schemas"]["Trouble"] | null;
        };
        ReleaseLinks: {
            commands: string;
            /** @description JSON, or server-sent events with Accept: text/event-stream */
            events: string;
            self: string;
            status: string;
            /** @description Null where the fleet file names no Temporal UI */
            temporalUi: string | null;
        };
        /**
         * @example {
         *       "releases": [
         *         {
         *           "id": "rel-c3xq2m7k4a",
         *           "app": "shop",
         *           "env": "fat",
         *           "version": "v2",
         *           "flavor": "release",
         *           "corrects": null,
         *           "state": "ROLLING_OUT",
         *           "waiting": "",
         *           "trouble": null,
         *           "actor": {
         *             "name": "li",
         *             "channel": "cli"
         *           },
         *           "createdAt": "2026-01-01T12:00:00.000Z",
         *           "startedAt": "2026-01-01T12:00:00.100Z",
         *           "endedAt": null,
         *           "links": {
         *             "self": "/v1/releases/rel-c3xq2m7k4a",
         *             "status": "/v1/releases/rel-c3xq2m7k4a",
         *             "events": "/v1/releases/rel-c3xq2m7k4a/events",
         *             "commands": "/v1/releases/rel-c3xq2m7k4a/commands",
         *             "temporalUi": "http://127.0.0.1:8233/namespaces/transship/workflows/release%2Frel-c3xq2m7k4a"
         *           }
         *         }
         *       ]
         *     }
         */
        ReleaseList: {
            releases: components["schemas"]["ReleaseSummary"][];
        };
        /**
         * @example {
         *       "env": "fat",
         *       "app": "shop",
         *       "version": "v2",
         *       "groups": [
         *         {
         *           "ref": {
         *             "env": "fat",
         *             "app": "shop",
         *             "group": "web"
         *           },
         *           "mode": "in-place",
         *           "images": {
         *             "web": {
         *               "repository": "shop/web",
         *               "tag": "v2",
         *               "digest": "sha256:0000000000000000000000000000000000000000000000000000000000000000"
         *             }
         *           },
         *           "running": [
         *             "registry.north:5000/shop/web:v1"
         *           ],
         *           "plan": {
         *             "batches": [
         *               {
         *                 "index": 0,
         *                 "members": [
         *                   {
         *                     "index": 0,
         *                     "name": "web-0",
         *                     "azSet": {
         *                       "idc": "north",
         *                       "az": "az-1",
         *                       "cluster": "north-1",
         *                       "namespace": "fat",
         *                       "name": "shop-web-az-1"
         *                     },
         *                     "member": "shop-web-az-1-0"
         *                   }
         *                 ]
         *               }
         *             ],
         *             "rounding": "25 % of 1 = 0.25, at least 1",
         *             "budget": [
         *               {
         *                 "desired": 1,
         *                 "percent": 25,
         *                 "floor": 0,
         *                 "serving": 1,
         *                 "taken": 1,
         *                 "pass": true
         *               }
         *             ]
         *           },
         *           "warnings": []
         *         }
         *       ]
         *     }
         */
        ReleasePlan: {
            app: string;
            env: string;
            groups: components["schemas"]["GroupPlan"][];
            version: string;
        };
        ReleaseStage: {
            env: string;
            /** @description Null while it is not accepted */
            release: string | null;
            /** @enum {string} */
            state: "PENDING" | "CREATING" | "SMOKING" | "SMOKE_SUCCESS" | "SMOKE_FAILURE" | "SMOKE_BRAKED" | "SMOKE_SUCCESS_BRAKED" | "SMOKE_FAILURE_BRAKED" | "BAKING" | "BAKE_SUCCESS" | "BAKE_FAILURE" | "BAKE_BRAKED" | "BAKE_SUCCESS_BRAKED" | "BAKE_FAILURE_BRAKED" | "ROLLING_OUT" | "BATCH_SUCCESS" | "ROLLOUT_SUCCESS" | "ROLLOUT_FAILURE" | "ROLLOUT_BRAKED" | "ROLLOUT_SUCCESS_BRAKED" | "ROLLOUT_FAILURE_BRAKED" | "SETTLING" | "REVOKING" | "SUCCESS" | "REVOKED" | "FAILURE";
            trouble: components["schemas"]["Trouble"] | null;
            waiting: string;
        };
        /**
         * @example {
         *       "id": "rel-c3xq2m7k4a",
         *       "app": "shop",
         *       "env": "fat",
         *       "version": "v2",
         *       "flavor": "release",
         *       "corrects": null,
         *       "state": "ROLLING_OUT",
         *       "waiting": "",
         *       "trouble": null,
         *       "actor": {
         *         "name": "li",
         *         "channel": "cli"
         *       },
         *       "createdAt": "2026-01-01T12:00:00.000Z",
         *       "startedAt": "2026-01-01T12:00:00.100Z",
         *       "endedAt": null,
         *       "links": {
         *         "self": "/v1/releases/rel-c3xq2m7k4a",
         *         "status": "/v1/releases/rel-c3xq2m7k4a",
         *         "events": "/v1/releases/rel-c3xq2m7k4a/events",
         *         "commands": "/v1/releases/rel-c3xq2m7k4a/commands",
         *         "temporalUi": "http://127.0.0.1:8233/namespaces/transship/workflows/release%2Frel-c3xq2m7k4a"
         *       }
         *     }
         */
        ReleaseSummary: {
            actor: components["schemas"]["Actor"];
            app: string;
            /** @description What a rollback or repair puts right: a release, or the operation that left the group */
            corrects: string | null;
            createdAt: string;
            endedAt: string | null;
            env: string;
            /**
             * @description release; promote, releases in one environment after the other; or what brings no new version: restart, scale, adopt, detach, convert, rollback, repair
             * @enum {string}
             */
            flavor: "release" | "promote" | "restart" | "scale" | "adopt" | "detach" | "convert" | "rollback" | "repair";
            /**
             * @description Id of the release
             * @example rel-c3xq2m7k4a
             */
            id: string;
            links: components["schemas"]["ReleaseLinks"];
            startedAt: string | null;
            /** @enum {string} */
            state: "PENDING" | "CREATING" | "SMOKING" | "SMOKE_SUCCESS" | "SMOKE_FAILURE" | "SMOKE_BRAKED" | "SMOKE_SUCCESS_BRAKED" | "SMOKE_FAILURE_BRAKED" | "BAKING" | "BAKE_SUCCESS" | "BAKE_FAILURE" | "BAKE_BRAKED" | "BAKE_SUCCESS_BRAKED" | "BAKE_FAILURE_BRAKED" | "ROLLING_OUT" | "BATCH_SUCCESS" | "ROLLOUT_SUCCESS" | "ROLLOUT_FAILURE" | "ROLLOUT_BRAKED" | "ROLLOUT_SUCCESS_BRAKED" | "ROLLOUT_FAILURE_BRAKED" | "SETTLING" | "REVOKING" | "SUCCESS" | "REVOKED" | "FAILURE";
            trouble: components["schemas"]["Trouble"] | null;
            version: string;
            /** @description What is waited for, since, until, who can unblock it; empty when nothing is */
            waiting: string;
        };
        /**
         * @example {
         *       "app": "shop",
         *       "env": "pro",
         *       "group": "web"
         *     }
         */
        RepairInput: {
            app: string;
            env: string;
            group: string;
            /** @description Why, for the audit */
            reason?: string;
            /**
             * @description before: what was released before the operation that left it; wanted: what that operation was to bring. Default: before; wanted after a rollback or repair, and past a point of no return
             * @enum {string}
             */
            to?: "before" | "wanted";
        };
        /**
         * @example {
         *       "app": "shop",
         *       "env": "pro",
         *       "subjects": [
         *         "web"
         *       ]
         *     }
         */
        RestartInput: {
            app: string;
            config?: {
                /** @description Instead of batchPercent: `25%`, or the share of each batch after the bastion, `10%+20%+25%+25%+20%`. They sum to 100; none is over what may be out at once: 25 %, or the first share */
                batchPattern?: string;
                /** @description Size of a batch in percent of the group */
                batchPercent?: number;
                /** @description Seconds to wait, after an address left the endpoints, for proxies and open connections */
                drainSeconds?: number;
                /** @description Hours that a person has at a failure, a brake or a manual gate; then a failure or brake ends the release as FAILURE, a gate undoes it */
                gateHours?: number;
                /** @description Where the release waits: `manual`, `automatic`, or how long it soaks (`10m`). Default: the environment's */
                gates?: {
                    /** @description The bastion runs the new version, before it gets traffic. Opened by `bake`. */
                    bake?: string;
                    /**
                     * @description Between two batches; automatic: after `pauseSeconds`. Opened by `rollout`.
                     * @enum {string}
                     */
                    batch?: "manual" | "automatic";
                    /** @description All instances serve, before the release ends and cannot be undone any more. Opened by `finish`. */
                    finish?: string;
                    /** @description The bastion serves, before the other batches. Opened by `rollout`. */
                    rollout?: string;
                    /** @description Before the bastion is touched. Opened by `smoke`. */
                    smoke?: string;
                    /** @description Between two waves (`waves: idc` or `az`), in the place of `batch`. Default: as `batch`. Opened by `rollout`. */
                    wave?: string;
                };
                /** @description An instance that runs counts as ignited; its health page is not asked */
                ignoreIgnition?: boolean;
                /**
                 * @description While a cluster does not answer: `hold` (default) waits for it; `requeue` brings on the others first, and that one when it answers again. Until then its instances count as not serving
                 * @enum {string}
                 */
                onClusterLoss?: "hold" | "requeue";
                /**
                 * @description What becomes of the waves after one in which an instance failed: `stop` (default) asks a person first
                 * @enum {string}
                 */
                onWaveFailure?: "stop" | "continue";
                /** @description Seconds between two batches */
                pauseSeconds?: number;
                /**
                 * @description Gate after which nothing is undone: abort, and a gate that nobody opens in time, then leave all as it stands and the group dirty
                 * @enum {string}
                 */
                pointOfNoReturn?: "smoke" | "bake" | "rollout";
                /** @description Hours between two reminders */
                remindHours?: number;
                /** @description Seconds that an instance has to ignite. Default: the health check's timeoutSeconds */
                startupSeconds?: number;
                /**
                 * @description What a batch does not span: `idc`, all of one IDC before the next; `az`, all of one AZ; `none` (default), it is spread over all
                 * @enum {string}
                 */
                waves?: "none" | "idc" | "az";
            };
            env: string;
            /** @description Groups, or instances such as web-3. Default: all groups of the environment */
            subjects?: string[];
        };
        /**
         * @example {
         *       "reason": "orders fail"
         *     }
         */
        RollbackInput: {
            /** @description Only these groups. Default: all that can be */
            groups?: string[];
            /** @description Why, for the audit */
            reason?: string;
        };
        /**
         * @example {
         *       "app": "shop",
         *       "env": "pro",
         *       "group": "web",
         *       "instances": 12
         *     }
         */
        ScaleInput: {
            app: string;
            config?: {
                /** @description Seconds to wait, after an address left the endpoints, for proxies and open connections */
                drainSeconds?: number;
                /** @description Hours that a person has at a failure, a brake or a manual gate; then a failure or brake ends the release as FAILURE, a gate undoes it */
                gateHours?: number;
                /** @description An instance that runs counts as ignited; its health page is not asked */
                ignoreIgnition?: boolean;
                /** @description Hours between two reminders */
                remindHours?: number;
                /** @description Seconds that an instance has to ignite. Default: the health check's timeoutSeconds */
                startupSeconds?: number;
            };
            env: string;
            /** @description May be left out where the app has one group there */
            group?: string;
            /** @description How many in all; shared out so that the AzSets become as even as they can */
            instances?: number;
            /** @description Instead of a total: single AzSets. Those that are not named keep their size */
            places?: {
                az: string;
                cluster: string;
                /** @description How many in this AzSet */
                instances: number;
            }[];
        };
        /**
         * @example {
         *       "app": "shop",
         *       "env": "fat",
         *       "version": "v2",
         *       "config": {
         *         "batchPercent": 25,
         *         "pauseSeconds": 5
         *       }
         *     }
         */
        StartReleaseInput: {
            app: string;
            config?: {
                /** @description Instead of batchPercent: `25%`, or the share of each batch after the bastion, `10%+20%+25%+25%+20%`. They sum to 100; none is over what may be out at once: 25 %, or the first share */
                batchPattern?: string;
                /** @description Size of a batch in percent of the group */
                batchPercent?: number;
                /** @description Seconds to wait, after an address left the endpoints, for proxies and open connections */
                drainSeconds?: number;
                /** @description Hours that a person has at a failure, a brake or a manual gate; then a failure or brake ends the release as FAILURE, a gate undoes it */
                gateHours?: number;
                /** @description Where the release waits: `manual`, `automatic`, or how long it soaks (`10m`). Default: the environment's */
                gates?: {
                    /** @description The bastion runs the new version, before it gets traffic. Opened by `bake`. */
                    bake?: string;
                    /**
                     * @description Between two batches; automatic: after `pauseSeconds`. Opened by `rollout`.
                     * @enum {string}
                     */
                    batch?: "manual" | "automatic";
                    /** @description All instances serve, before the release ends and cannot be undone any more. Opened by `finish`. */
                    finish?: string;
                    /** @description The bastion serves, before the other batches. Opened by `rollout`. */
                    rollout?: string;
                    /** @description Before the bastion is touched. Opened by `smoke`. */
                    smoke?: string;
                    /** @description Between two waves (`waves: idc` or `az`), in the place of `batch`. Default: as `batch`. Opened by `rollout`. */
                    wave?: string;
                };
                /** @description An instance that runs counts as ignited; its health page is not asked */
                ignoreIgnition?: boolean;
                /**
                 * @description While a cluster does not answer: `hold` (default) waits for it; `requeue` brings on the others first, and that one when it answers again. Until then its instances count as not serving
                 * @enum {string}
                 */
                onClusterLoss?: "hold" | "requeue";
                /**
                 * @description What becomes of the waves after one in which an instance failed: `stop` (default) asks a person first
                 * @enum {string}
                 */
                onWaveFailure?: "stop" | "continue";
                /** @description Seconds between two batches */
                pauseSeconds?: number;
                /**
                 * @description Gate after which nothing is undone: abort, and a gate that nobody opens in time, then leave all as it stands and the group dirty
                 * @enum {string}
                 */
                pointOfNoReturn?: "smoke" | "bake" | "rollout";
                /** @description Hours between two reminders */
                remindHours?: number;
                /** @description Seconds that an instance has to ignite. Default: the health check's timeoutSeconds */
                startupSeconds?: number;
                /**
                 * @description What a batch does not span: `idc`, all of one IDC before the next; `az`, all of one AZ; `none` (default), it is spread over all
                 * @enum {string}
                 */
                waves?: "none" | "idc" | "az";
            };
            env: string;
            /** @description Groups to release, of that environment. Default: all, in the order of the app file */
            groups?: string[];
            /** @description The groups as one: all bastions, then batch by batch in step, each within the budget of its own; none ends before all have come to the end, and where one does not succeed all are undone. Default: one group after the other */
            joined?: boolean;
            /**
             * @description What becomes of it where another operation holds a group. reject (default): 409; queue: it waits for its turn, in the order of acceptance; supersede: those ahead are aborted first
             * @enum {string}
             */
            onBusy?: "reject" | "queue" | "supersede";
            /**
             * @description Tag of the images to release
             * @example v2
             */
            version: string;
        };
        /**
         * @example {
         *       "image": "shop/web:v2",
         *       "from": "north",
         *       "to": [
         *         "south"
         *       ],
         *       "priority": "high"
         *     }
         */
        StartSyncInput: {
            /** @description Registry that has it. Default: the one from which sync rules bring it */
            from?: string;
            /**
             * @description By its tag or by its digest, without the host of a registry
             * @example shop/web:v2
             */
            image: string;
            /** @description Of an image for several platforms only these. Default: what the sync rules say, else all */
            platforms?: string[];
            /**
             * @description Which copies go first where a worker has more than it can do. Default: normal
             * @enum {string}
             */
            priority?: "high" | "normal" | "low";
            /** @description Signatures, attestations and whatever else refers to the image come with it. Default: what the sync rules say, else true */
            referrers?: boolean;
            /**
             * @description Tag that is to name it there; the source must name it by that tag, too. Default: the tag of `image`; with a digest none is moved
             * @example v2
             */
            tag?: string;
            /** @description Registries that are to get it. Default: those to which sync rules bring it */
            to?: string[];
        };
        Sync: {
            /** @description What goes on; null where it has ended, where it waits for its time, or where that is not known */
            activity: components["schemas"]["SyncActivity"] | null;
            askedAt: string;
            digest: string;
            endedAt: string | null;
            from: string;
            /** @description Before this it need not begin, as its rule has windows; null: it was due when it was asked for */
            notBefore: string | null;
            /** @enum {string} */
            priority: "high" | "normal" | "low";
            registry: string;
            report: components["schemas"]["SyncReport"] | null;
            repository: string;
            /**
             * @description queued; arrived: it is there, and its tags are not moved yet; done; failed: not without somebody who changes something, and asks again; cancelled: tags were brought back
             * @enum {string}
             */
            state: "queued" | "arrived" | "done" | "failed" | "cancelled";
            /** @description superseded: its source names another image by the tag meanwhile; null: not moved yet */
            tags: {
                [key: string]: ("moved" | "superseded") | null;
            };
            trouble: components["schemas"]["Trouble"] | null;
            wantedBy: string[];
        };
        SyncActivity: {
            attempt: number;
            /** @description Null while no attempt has told */
            copied: {
                blobs: number;
                /** @description Size of all blobs that are to be there, as far as they are known */
                bytes: number;
                /** @description Blobs that are there, sent or not */
                here: number;
                /** @description Size of what is there, what was sent of other blobs included */
                hereBytes: number;
                /** @description Sent so far, over all attempts */
                sentBytes: number;
            } | null;
            /** @description Why the attempt before failed */
            last: {
                code: string;
                message: string;
            } | null;
            /** @description ISO time of the next attempt; null: one goes on, or waits for a worker */
            nextAttempt: string | null;
            /** @description When the attempt was due, ISO time */
            since: string;
            /** @enum {string} */
            step: "copy" | "tag";
            /** @description Who is at it; null: nobody at the moment */
            worker: string | null;
        };
        /**
         * @example {
         *       "syncs": [
         *         {
         *           "repository": "shop/web",
         *           "digest": "sha256:4f53cda14f53cda14f53cda14f53cda14f53cda14f53cda14f53cda14f53cda1",
         *           "registry": "south",
         *           "from": "north",
         *           "state": "queued",
         *           "tags": {
         *             "v2": null
         *           },
         *           "priority": "normal",
         *           "wantedBy": [
         *             "li by hand"
         *           ],
         *           "askedAt": "2026-01-01T12:00:00.000Z",
         *           "notBefore": null,
         *           "endedAt": null,
         *           "report": null,
         *           "trouble": null,
         *           "activity": {
         *             "step": "copy",
         *             "since": "2026-01-01T12:00:00.100Z",
         *             "attempt": 2,
         *             "worker": "4711@worker-south",
         *             "nextAttempt": null,
         *             "last": {
         *               "code": "REGISTRY_UNREACHABLE",
         *               "message": "south: HEAD http://south:5000/v2/: connection refused"
         *             },
         *             "copied": {
         *               "blobs": 4,
         *               "here": 2,
         *               "bytes": 20000000,
         *               "hereBytes": 12400000,
         *               "sentBytes": 12400000
         *             }
         *           }
         *         }
         *       ],
         *       "unseen": null,
         *       "deleted": []
         *     }
         */
        SyncList: {
            /** @description Tags of the repository that was asked for that a sync rule has deleted, and nobody brought again since; empty without a repository */
            deleted: components["schemas"]["DeletedTag"][];
            syncs: components["schemas"]["Sync"][];
            /** @description Why what goes on is not known of some that are open; null: of all it is */
            unseen: string | null;
        };
        /**
         * @example {
         *       "repository": "shop/web",
         *       "digest": "sha256:4f53cda14f53cda14f53cda14f53cda14f53cda14f53cda14f53cda14f53cda1",
         *       "tag": "v2",
         *       "from": "north",
         *       "to": [
         *         {
         *           "registry": "south",
         *           "idc": "south",
         *           "now": "other",
         *           "digest": "sha256:9c21b0e79c21b0e79c21b0e79c21b0e79c21b0e79c21b0e79c21b0e79c21b0e7",
         *           "trouble": null,
         *           "rules": [
         *             "shop"
         *           ],
         *           "referrers": true,
         *           "createProject": false
         *         }
         *       ],
         *       "missing": []
         *     }
         */
        SyncPlan: {
            digest: string;
            from: string;
            /** @description Registries that sync rules name and the fleet file has not: nothing is brought there */
            missing: string[];
            repository: string;
            /** @description Tag that is moved; null: none is */
            tag: string | null;
            to: components["schemas"]["PlannedSync"][];
        };
        SyncReport: {
            /** @description Attempts of the whole copy */
            attempts: number;
            /** @description Sent there, those of attempts that failed included */
            bytes: number;
            /** @description Blobs that somebody else brought meanwhile */
            duplicates: number;
            /** @description Blobs that were taken from another repository there */
            mounted: number;
            /** @description Until the image was there, from when a worker began */
            ms: number;
            /** @description Blobs that were sent */
            sent: number;
            /** @description Blobs that were there already */
            skipped: number;
            startedAt: string;
            /** @description Uploads that were begun */
            uploads: number;
            /** @description It was there before */
            wasHere: boolean;
        };
        /**
         * @description The rule with every default filled in
         * @example {
         *       "name": "shop",
         *       "from": "north",
         *       "to": [
         *         "south"
         *       ],
         *       "images": [
         *         {
         *           "repository": "shop/**",
         *           "tags": [
         *             "v*",
         *             "!*-dev"
         *           ]
         *         }
         *       ],
         *       "referrers": true,
         *       "onPush": true,
         *       "every": "10m",
         *       "priority": "normal",
         *       "parallel": 4,
         *       "createProject": false,
         *       "deletions": {
         *         "tags": false,
         *         "keep": [],
         *         "most": 20,
         *         "repositories": false
         *       }
         *     }
         */
        SyncRule: {
            /**
             * @description A project that a Harbor lacks is made. Otherwise what belongs into it is reported.
             * @default false
             */
            createProject: boolean;
            /** @description What becomes of tags that are removed at the source. */
            deletions: {
                /**
                 * @description Globs of tags that are never taken away: `latest`, `v*`.
                 * @default []
                 */
                keep: string[];
                /**
                 * @description Tags at most that go within an hour. Of more none goes: they are held back until a person lets them go.
                 * @default 20
                 */
                most: number;
                /**
                 * @description The last tags of a repository go, too. Otherwise one that the source has emptied, or lost, is held back.
                 * @default false
                 */
                repositories: boolean;
                /**
                 * @description A tag that the source has no more is taken away where the rule brought it; the image stays.
                 * @default false
                 */
                tags: boolean;
            };
            /**
             * @description How often the registries are compared, and what is missing is brought: 1m to 24h.
             * @default 10m
             */
            every: string;
            /** @description Registry that the images are in: the name of an IDC, or of a replica. */
            from: string;
            /** @description Which images: those of any entry, without the repositories that an entry with `!` takes out. */
            images: {
                /** @description Repositories, without registry host. `*` stands for any characters but `/`, `**` for any number of parts, `?` for one character. With `!` before it: these are brought by no entry of the rule. */
                repository: string;
                /** @description Tags: one of the globs must match, and none of those with `!` before them. Default: all. */
                tags?: string[];
            }[];
            /** @description Name of the rule. */
            name: string;
            /**
             * @description An image is brought as soon as the webhook of its registry tells of it.
             * @default true
             */
            onPush: boolean;
            /**
             * @description Images of the rule that are copied at once.
             * @default 4
             */
            parallel: number;
            /** @description Of an image for several platforms only these, where the registry takes it so: `linux/amd64`. Default: all. */
            platforms?: string[];
            /**
             * @description What goes first where there is more to do. What a release waits for goes as `high`.
             * @default normal
             * @enum {string}
             */
            priority: "high" | "normal" | "low";
            /**
             * @description Signatures, attestations and whatever else refers to an image come with it.
             * @default true
             */
            referrers: boolean;
            /** @description Registries that they are brought to. */
            to: string[];
            /** @description With `priority: low`: when images may be copied, e.g. `22:00-06:00 Europe/Berlin`; one that is under way goes on. Default: always. */
            windows?: string[];
        };
        /**
         * @example {
         *       "name": "shop",
         *       "revision": 2,
         *       "applied": true,
         *       "rule": {
         *         "name": "shop",
         *         "from": "north",
         *         "to": [
         *           "south"
         *         ],
         *         "images": [
         *           {
         *             "repository": "shop/**",
         *             "tags": [
         *               "v*",
         *               "!*-dev"
         *             ]
         *           }
         *         ],
         *         "referrers": true,
         *         "onPush": true,
         *         "every": "10m",
         *         "priority": "normal",
         *         "parallel": 4,
         *         "createProject": false,
         *         "deletions": {
         *           "tags": false,
         *           "keep": [],
         *           "most": 20,
         *           "repositories": false
         *         }
         *       },
         *       "changes": [
         *         {
         *           "path": "images[\"shop/**\"].tags",
         *           "before": [
         *             "v*"
         *           ],
         *           "after": [
         *             "v*",
         *             "!*-dev"
         *           ]
         *         }
         *       ],
         *       "overlaps": [
         *         {
         *           "rule": "all",
         *           "how": "same",
         *           "registries": [
         *             "south"
         *           ],
         *           "example": "shop/a:v"
         *         }
         *       ]
         *     }
         */
        SyncRuleAnswer: {
            /** @description false for a dry run, and where nothing differs */
            applied: boolean;
            /** @description What differs from the rule before; a new rule is one change without path */
            changes: {
                after: unknown;
                before: unknown;
                path: string;
            }[];
            name: string;
            /** @description Other rules that bring images of this one, too */
            overlaps: {
                /** @description An image that both bring */
                example: string;
                /**
                 * @description same: it brings images of this rule to the same registry, from the same source; before: to the source of this rule; after: on from where this rule brings them
                 * @enum {string}
                 */
                how: "same" | "before" | "after";
                /** @description Where the two rules meet */
                registries: string[];
                rule: string;
            }[];
            /** @description Of the rule that is in force now; 0 where there is none */
            revision: number;
            rule: components["schemas"]["SyncRule"];
        };
        /**
         * @example {
         *       "name": "shop",
         *       "from": "north",
         *       "to": [
         *         "south"
         *       ],
         *       "images": [
         *         {
         *           "repository": "shop/**",
         *           "tags": [
         *             "v*",
         *             "!*-dev"
         *           ]
         *         }
         *       ]
         *     }
         */
        SyncRuleFileInput: {
            /**
             * @description A project that a Harbor lacks is made. Otherwise what belongs into it is reported.
             * @default false
             */
            createProject: boolean;
            /**
             * @description What becomes of tags that are removed at the source.
             * @default {}
             */
            deletions: {
                /**
                 * @description Globs of tags that are never taken away: `latest`, `v*`.
                 * @default []
                 */
                keep: string[];
                /**
                 * @description Tags at most that go within an hour. Of more none goes: they are held back until a person lets them go.
                 * @default 20
                 */
                most: number;
                /**
                 * @description The last tags of a repository go, too. Otherwise one that the source has emptied, or lost, is held back.
                 * @default false
                 */
                repositories: boolean;
                /**
                 * @description A tag that the source has no more is taken away where the rule brought it; the image stays.
                 * @default false
                 */
                tags: boolean;
            };
            /**
             * @description How often the registries are compared, and what is missing is brought: 1m to 24h.
             * @default 10m
             */
            every: string;
            /** @description Registry that the images are in: the name of an IDC, or of a replica. */
            from: string;
            /** @description Which images: those of any entry, without the repositories that an entry with `!` takes out. */
            images: {
                /** @description Repositories, without registry host. `*` stands for any characters but `/`, `**` for any number of parts, `?` for one character. With `!` before it: these are brought by no entry of the rule. */
                repository: string;
                /** @description Tags: one of the globs must match, and none of those with `!` before them. Default: all. */
                tags?: string[];
            }[];
            /** @description Name of the rule. */
            name: string;
            /**
             * @description An image is brought as soon as the webhook of its registry tells of it.
             * @default true
             */
            onPush: boolean;
            /**
             * @description Images of the rule that are copied at once.
             * @default 4
             */
            parallel: number;
            /** @description Of an image for several platforms only these, where the registry takes it so: `linux/amd64`. Default: all. */
            platforms?: string[];
            /**
             * @description What goes first where there is more to do. What a release waits for goes as `high`.
             * @default normal
             * @enum {string}
             */
            priority: "high" | "normal" | "low";
            /**
             * @description Signatures, attestations and whatever else refers to an image come with it.
             * @default true
             */
            referrers: boolean;
            /** @description Registries that they are brought to. */
            to: string[];
            /** @description With `priority: low`: when images may be copied, e.g. `22:00-06:00 Europe/Berlin`; one that is under way goes on. Default: always. */
            windows?: string[];
        };
        /**
         * @example {
         *       "changes": [
         *         {
         *           "revision": 1,
         *           "changedAt": "2026-01-01T12:00:00.000Z",
         *           "changedBy": "li",
         *           "before": null,
         *           "after": {
         *             "name": "shop",
         *             "from": "north",
         *             "to": [
         *               "south"
         *             ],
         *             "images": [
         *               {
         *                 "repository": "shop/**",
         *                 "tags": [
         *                   "v*",
         *                   "!*-dev"
         *                 ]
         *               }
         *             ],
         *             "referrers": true,
         *             "onPush": true,
         *             "every": "10m",
         *             "priority": "normal",
         *             "parallel": 4,
         *             "createProject": false,
         *             "deletions": {
         *               "tags": false,
         *               "keep": [],
         *               "most": 20,
         *               "repositories": false
         *             }
         *           }
         *         }
         *       ]
         *     }
         */
        SyncRuleHistory: {
            /** @description The latest first */
            changes: {
                /** @description null: it was deleted */
                after: components["schemas"]["SyncRule"] | null;
                /** @description null: there was no such rule */
                before: components["schemas"]["SyncRule"] | null;
                changedAt: string;
                changedBy: string;
                /** @description Raised by every change; no number comes back, also not after a rule was deleted */
                revision: number;
            }[];
        };
        /**
         * @example {
         *       "rules": [
         *         {
         *           "revision": 2,
         *           "changedAt": "2026-01-01T12:00:00.000Z",
         *           "changedBy": "li",
         *           "rule": {
         *             "name": "shop",
         *             "from": "north",
         *             "to": [
         *               "south"
         *             ],
         *             "images": [
         *               {
         *                 "repository": "shop/**",
         *                 "tags": [
         *                   "v*",
         *                   "!*-dev"
         *                 ]
         *               }
         *             ],
         *             "referrers": true,
         *             "onPush": true,
         *             "every": "10m",
         *             "priority": "normal",
         *             "parallel": 4,
         *             "createProject": false,
         *             "deletions": {
         *               "tags": false,
         *               "keep": [],
         *               "most": 20,
         *               "repositories": false
         *             }
         *           },
         *           "missing": [],
         *           "comparison": null
         *         }
         *       ]
         *     }
         */
        SyncRuleList: {
            rules: components["schemas"]["SyncRuleView"][];
        };
        /**
         * @example {
         *       "revision": 2,
         *       "changedAt": "2026-01-01T12:00:00.000Z",
         *       "changedBy": "li",
         *       "rule": {
         *         "name": "shop",
         *         "from": "north",
         *         "to": [
         *           "south"
         *         ],
         *         "images": [
         *           {
         *             "repository": "shop/**",
         *             "tags": [
         *               "v*",
         *               "!*-dev"
         *             ]
         *           }
         *         ],
         *         "referrers": true,
         *         "onPush": true,
         *         "every": "10m",
         *         "priority": "normal",
         *         "parallel": 4,
         *         "createProject": false,
         *         "deletions": {
         *           "tags": false,
         *           "keep": [],
         *           "most": 20,
         *           "repositories": false
         *         }
         *       },
         *       "missing": [],
         *       "comparison": null
         *     }
         */
        SyncRuleView: {
            changedAt: string;
            changedBy: string;
            /** @description How the last comparison by the rule ended; null: there was none yet */
            comparison: components["schemas"]["LastComparison"] | null;
            /** @description Registries that the rule names and the fleet file has not: nothing is brought there */
            missing: string[];
            /** @description Raised by every change; no number comes back, also not after a rule was deleted */
            revision: number;
            rule: components["schemas"]["SyncRule"];
        };
        SyncStats: {
            done: number;
            failed: number;
            /** @description How many took up to so many seconds: 1, 2, 5, 10, 20, 60, 300, 3600; null: longer */
            histogram: {
                count: number;
                le: number | null;
            }[];
            /** @description Open for longer than 60 s since they were due */
            late: number;
            /** @description How long ago the oldest open one was due; 0: it waits for its window */
            oldestSeconds: number | null;
            open: number;
            registry: string;
            /** @description From when they were due (asked for, or their window opened) to their end, of those that are done; null where there are none */
            seconds: {
                max: number;
                p50: number;
                p95: number;
                p99: number;
            } | null;
            /** @description Share of those that have ended that is done within 20 s, from 0 to 1 */
            withinGoal: number | null;
        };
        /**
         * @example {
         *       "hours": 24,
         *       "registries": [
         *         {
         *           "registry": "south",
         *           "done": 3490,
         *           "failed": 10,
         *           "seconds": {
         *             "p50": 2.1,
         *             "p95": 9.7,
         *             "p99": 17.2,
         *             "max": 41
         *           },
         *           "histogram": [
         *             {
         *               "le": 1,
         *               "count": 900
         *             }
         *           ],
         *           "withinGoal": 0.996,
         *           "open": 1,
         *           "late": 0,
         *           "oldestSeconds": 0.8
         *         }
         *       ]
         *     }
         */
        SyncStatsList: {
            hours: number;
            registries: components["schemas"]["SyncStats"][];
        };
        Trouble: {
            /** @description A code of the error table */
            code: string;
            message: string;
            /** @enum {string} */
            verdict: "failed" | "errored";
        };
        Why: {
            /** @description Steps that are under way or retried, instances in trouble, the queue, workers that are away */
            details: string[];
            /** @description What to type, and what it does */
            next: {
                command: string;
                meaning: string;
            }[];
            /** @description In one sentence */
            reason: string;
            /** @description The release at work, or the one that left it */
            release: string | null;
            /** @description What to do about the code of the trouble */
            runbook: string | null;
            since: string | null;
            /** @description State of the operation at work; `at rest`, `dirty` or `never released` else */
            state: string;
            /** @description env/app/group, or env/app/instance */
            subject: string;
            trouble: components["schemas"]["Trouble"] | null;
            /** @description When the wait ends by itself */
            until: string | null;
            waitsFor: string | null;
            /** @description Who can unblock it */
            who: string | null;
        };
        /**
         * @example {
         *       "answers": [
         *         {
         *           "subject": "pro/shop/web",
         *           "state": "SMOKE_FAILURE",
         *           "release": "rel-c3xq2m7k4a",
         *           "reason": "web-0 (north/az-1): ErrImagePull",
         *           "waitsFor": "waits for a decision: web-0 (north/az-1): ErrImagePull",
         *           "since": "2026-01-01T12:00:00.000Z",
         *           "until": "2026-01-02T12:00:00.000Z",
         *           "who": "whoever may release this app",
         *           "trouble": {
         *             "verdict": "failed",
         *             "code": "IMAGE_PULL_FAILED",
         *             "message": "web-0 (north/az-1): ErrImagePull"
         *           },
         *           "runbook": "Check the image and the registry of the IDC; then resume or abort.",
         *           "next": [
         *             {
         *               "command": "transship release abort rel-c3xq2m7k4a",
         *               "meaning": "undo what was done"
         *             }
         *           ],
         *           "details": [
         *             "web-0 (north/az-1) failed: IMAGE_PULL_FAILED: ErrImagePull"
         *           ]
         *         }
         *       ]
         *     }
         */
        WhyList: {
            answers: components["schemas"]["Why"][];
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    isAlive: {
        parameters: {
            query?: never;
            header?: {
                /** @description Who asks, percent-encoded; believed only while no authentication is configured */
                "x-transship-actor"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
            /** @description Any error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    isReady: {
        parameters: {
            query?: never;
            header?: {
                /** @description Who asks, percent-encoded; believed only while no authentication is configured */
                "x-transship-actor"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
            /** @description Default Response */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
            /** @description Any error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    adopt: {
        parameters: {
            query?: {
                /** @description Only plan */
                dryRun?: boolean;
            };
            header?: {
                /**
                 * @description Any text that is new for a new request; known for 30 days
                 * @example deploy-shop-v2-4711
                 */
                "idempotency-key"?: string;
                /** @description Who asks, percent-encoded; believed only while no authentication is configured */
                "x-transship-actor"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AdoptionInput"];
            };
        };
        responses: {
            /** @description The plan, with dryRun=true */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReleasePlan"];
                };
            };
            /** @description Accepted; Location says where its state is */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AcceptedRelease"];
                };
            };
            /** @description Any error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listApps: {
        parameters: {
            query?: never;
            header?: {
                /** @description Who asks, percent-encoded; believed only while no authentication is configured */
                "x-transship-actor"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AppList"];
                };
            };
            /** @description Any error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getApp: {
        parameters: {
            query?: never;
            header?: {
                /** @description Who asks, percent-encoded; believed only while no authentication is configured */
                "x-transship-actor"?: string;
            };
            path: {
                app: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["App"];
                };
            };
            /** @description Any error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    applyApp: {
        parameters: {
            query?: {
                /** @description Only plan */
                dryRun?: boolean;
            };
            header?: {
                /** @description Revision that the plan was made on, in quotes, "0" where there was none; refused with 409 when another is in force */
                "if-match"?: string;
                /** @description Who asks, percent-encoded; believed only while no authentication is configured */
                "x-transship-actor"?: string;
            };
            path: {
                app: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AppFileInput"];
                "application/yaml": string;
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApplyAnswer"];
                };
            };
            /** @description Any error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listDisabledVersions: {
        parameters: {
            query?: never;
            header?: {
                /** @description Who asks, percent-encoded; believed only while no authentication is configured */
                "x-transship-actor"?: string;
            };
            path: {
                app: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DisabledVersionList"];
                };
            };
            /** @description Any error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    enableVersion: {
        parameters: {
            query?: never;
            header?: {
                /** @description Who asks, percent-encoded; believed only while no authentication is configured */
                "x-transship-actor"?: string;
            };
            path: {
                app: string;
                /**
                 * @description Tag of the images to release
                 * @example v2
                 */
                version: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Enabled */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Any error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    explain: {
        parameters: {
            query?: {
                env?: string;
                /** @description A group, or an instance such as web-3 */
                subject?: string;
            };
            header?: {
                /** @description Who asks, percent-encoded; believed only while no authentication is configured */
                "x-transship-actor"?: string;
            };
            path: {
                app: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WhyList"];
                };
            };
            /** @description Any error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    convert: {
        parameters: {
            query?: {
                /** @description Only plan */
                dryRun?: boolean;
            };
            header?: {
                /**
                 * @description Any text that is new for a new request; known for 30 days
                 * @example deploy-shop-v2-4711
                 */
                "idempotency-key"?: string;
                /** @description Who asks, percent-encoded; believed only while no authentication is configured */
                "x-transship-actor"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ConversionInput"];
            };
        };
        responses: {
            /** @description The plan, with dryRun=true */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReleasePlan"];
                };
            };
            /** @description Accepted; Location says where its state is */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AcceptedRelease"];
                };
            };
            /** @description Any error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    detach: {
        parameters: {
            query?: {
                /** @description Only plan */
                dryRun?: boolean;
            };
            header?: {
                /**
                 * @description Any text that is new for a new request; known for 30 days
                 * @example deploy-shop-v2-4711
                 */
                "idempotency-key"?: string;
                /** @description Who asks, percent-encoded; believed only while no authentication is configured */
                "x-transship-actor"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DetachmentInput"];
            };
        };
        responses: {
            /** @description The plan, with dryRun=true */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReleasePlan"];
                };
            };
            /** @description Accepted; Location says where its state is */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AcceptedRelease"];
                };
            };
            /** @description Any error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getFleet: {
        parameters: {
            query?: never;
            header?: {
                /** @description Who asks, percent-encoded; believed only while no authentication is configured */
                "x-transship-actor"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Fleet"];
                };
            };
            /** @description Any error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    tellOfPushes: {
        parameters: {
            query?: never;
            header?: {
                /** @description Who asks, percent-encoded; believed only while no authentication is configured */
                "x-transship-actor"?: string;
            };
            path: {
                registry: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RegistryHookInput"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HookAnswer"];
                };
            };
            /** @description Any error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    compareImages: {
        parameters: {
            query: {
                /** @description Names, with commas between. Default: all of the fleet */
                registries?: string;
                /** @example shop/web */
                repository: string;
                /**
                 * @description Only this one. Default: all
                 * @example v2
                 */
                tag?: string;
            };
            header?: {
                /** @description Who asks, percent-encoded; believed only while no authentication is configured */
                "x-transship-actor"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ImageComparison"];
                };
            };
            /** @description Any error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    promote: {
        parameters: {
            query?: {
                /** @description Only plan */
                dryRun?: boolean;
            };
            header?: {
                /**
                 * @description Any text that is new for a new request; known for 30 days
                 * @example deploy-shop-v2-4711
                 */
                "idempotency-key"?: string;
                /** @description Who asks, percent-encoded; believed only while no authentication is configured */
                "x-transship-actor"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PromotionInput"];
            };
        };
        responses: {
            /** @description The plan, with dryRun=true */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReleasePlan"];
                };
            };
            /** @description Accepted; Location says where its state is */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AcceptedRelease"];
                };
            };
            /** @description Any error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    connectRegistries: {
        parameters: {
            query?: {
                /** @description Only look */
                dryRun?: boolean;
            };
            header?: {
                /** @description Who asks, percent-encoded; believed only while no authentication is configured */
                "x-transship-actor"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ConnectRegistriesInput"];
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RegistryConnections"];
                };
            };
            /** @description Any error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listReleases: {
        parameters: {
            query?: {
                app?: string;
                env?: string;
                limit?: number;
                /** @description true: not ended; false: ended */
                live?: boolean;
            };
            header?: {
                /** @description Who asks, percent-encoded; believed only while no authentication is configured */
                "x-transship-actor"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReleaseList"];
                };
            };
            /** @description Any error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    startRelease: {
        parameters: {
            query?: {
                /** @description Only plan */
                dryRun?: boolean;
            };
            header?: {
                /**
                 * @description Any text that is new for a new request; known for 30 days
                 * @example deploy-shop-v2-4711
                 */
                "idempotency-key"?: string;
                /** @description Who asks, percent-encoded; believed only while no authentication is configured */
                "x-transship-actor"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["StartReleaseInput"];
            };
        };
        responses: {
            /** @description The plan, with dryRun=true */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReleasePlan"];
                };
            };
            /** @description Accepted; Location says where its state is */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AcceptedRelease"];
                };
            };
            /** @description Any error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getRelease: {
        parameters: {
            query?: never;
            header?: {
                /** @description Who asks, percent-encoded; believed only while no authentication is configured */
                "x-transship-actor"?: string;
            };
            path: {
                /**
                 * @description Id of the release
                 * @example rel-c3xq2m7k4a
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Release"];
                };
            };
            /** @description Any error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    commandRelease: {
        parameters: {
            query?: never;
            header?: {
                /** @description Who asks, percent-encoded; believed only while no authentication is configured */
                "x-transship-actor"?: string;
            };
            path: {
                /**
                 * @description Id of the release
                 * @example rel-c3xq2m7k4a
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CommandInput"];
            };
        };
        responses: {
            /** @description Accepted */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CommandAnswer"];
                };
            };
            /** @description Sent, not answered yet */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CommandAnswer"];
                };
            };
            /** @description Any error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listEvents: {
        parameters: {
            query?: {
                /** @description seq of the last event already seen */
                after?: number;
                limit?: number;
            };
            header?: {
                "last-event-id"?: string;
                /** @description Who asks, percent-encoded; believed only while no authentication is configured */
                "x-transship-actor"?: string;
            };
            path: {
                /**
                 * @description Id of the release
                 * @example rel-c3xq2m7k4a
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventList"];
                    "text/event-stream": string;
                };
            };
            /** @description Server-sent events only: the release has ended and every event was seen */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Any error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    retryRelease: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Any text that is new for a new request; known for 30 days
                 * @example deploy-shop-v2-4711
                 */
                "idempotency-key"?: string;
                /** @description Who asks, percent-encoded; believed only while no authentication is configured */
                "x-transship-actor"?: string;
            };
            path: {
                /**
                 * @description Id of the release
                 * @example rel-c3xq2m7k4a
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Accepted; Location says where its state is */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AcceptedRelease"];
                };
            };
            /** @description Any error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    rollbackRelease: {
        parameters: {
            query?: {
                /** @description Only plan */
                dryRun?: boolean;
            };
            header?: {
                /**
                 * @description Any text that is new for a new request; known for 30 days
                 * @example deploy-shop-v2-4711
                 */
                "idempotency-key"?: string;
                /** @description Who asks, percent-encoded; believed only while no authentication is configured */
                "x-transship-actor"?: string;
            };
            path: {
                /**
                 * @description Id of the release
                 * @example rel-c3xq2m7k4a
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RollbackInput"];
            };
        };
        responses: {
            /** @description The plan, with dryRun=true */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReleasePlan"];
                };
            };
            /** @description Accepted; Location says where its state is */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AcceptedRelease"];
                };
            };
            /** @description Any error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    yieldRelease: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Any text that is new for a new request; known for 30 days
                 * @example deploy-shop-v2-4711
                 */
                "idempotency-key"?: string;
                /** @description Who asks, percent-encoded; believed only while no authentication is configured */
                "x-transship-actor"?: string;
            };
            path: {
                /**
                 * @description Id of the release
                 * @example rel-c3xq2m7k4a
                 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Accepted; Location says where its state is */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AcceptedRelease"];
                };
            };
            /** @description Any error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    repairGroup: {
        parameters: {
            query?: {
                /** @description Only plan */
                dryRun?: boolean;
            };
            header?: {
                /**
                 * @description Any text that is new for a new request; known for 30 days
                 * @example deploy-shop-v2-4711
                 */
                "idempotency-key"?: string;
                /** @description Who asks, percent-encoded; believed only while no authentication is configured */
                "x-transship-actor"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RepairInput"];
            };
        };
        responses: {
            /** @description The plan, with dryRun=true */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReleasePlan"];
                };
            };
            /** @description Accepted; Location says where its state is */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AcceptedRelease"];
                };
            };
            /** @description Any error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    restart: {
        parameters: {
            query?: {
                /** @description Only plan */
                dryRun?: boolean;
            };
            header?: {
                /**
                 * @description Any text that is new for a new request; known for 30 days
                 * @example deploy-shop-v2-4711
                 */
                "idempotency-key"?: string;
                /** @description Who asks, percent-encoded; believed only while no authentication is configured */
                "x-transship-actor"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RestartInput"];
            };
        };
        responses: {
            /** @description The plan, with dryRun=true */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReleasePlan"];
                };
            };
            /** @description Accepted; Location says where its state is */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AcceptedRelease"];
                };
            };
            /** @description Any error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    scale: {
        parameters: {
            query?: {
                /** @description Only plan */
                dryRun?: boolean;
            };
            header?: {
                /**
                 * @description Any text that is new for a new request; known for 30 days
                 * @example deploy-shop-v2-4711
                 */
                "idempotency-key"?: string;
                /** @description Who asks, percent-encoded; believed only while no authentication is configured */
                "x-transship-actor"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ScaleInput"];
            };
        };
        responses: {
            /** @description The plan, with dryRun=true */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReleasePlan"];
                };
            };
            /** @description Accepted; Location says where its state is */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AcceptedRelease"];
                };
            };
            /** @description Any error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listSyncRules: {
        parameters: {
            query?: never;
            header?: {
                /** @description Who asks, percent-encoded; believed only while no authentication is configured */
                "x-transship-actor"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SyncRuleList"];
                };
            };
            /** @description Any error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getSyncRule: {
        parameters: {
            query?: never;
            header?: {
                /** @description Who asks, percent-encoded; believed only while no authentication is configured */
                "x-transship-actor"?: string;
            };
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SyncRuleView"];
                };
            };
            /** @description Any error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    putSyncRule: {
        parameters: {
            query?: {
                /** @description Only check and plan */
                dryRun?: boolean;
            };
            header?: {
                /** @description Revision that the plan was made on, in quotes, "0" where there was none; refused with 409 when another is in force */
                "if-match"?: string;
                /** @description Who asks, percent-encoded; believed only while no authentication is configured */
                "x-transship-actor"?: string;
            };
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SyncRuleFileInput"];
                "application/yaml": string;
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SyncRuleAnswer"];
                };
            };
            /** @description Any error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteSyncRule: {
        parameters: {
            query?: never;
            header?: {
                /** @description Revision that the plan was made on, in quotes, "0" where there was none; refused with 409 when another is in force */
                "if-match"?: string;
                /** @description Who asks, percent-encoded; believed only while no authentication is configured */
                "x-transship-actor"?: string;
            };
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Deleted */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Any error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    startComparison: {
        parameters: {
            query?: never;
            header?: {
                /** @description Who asks, percent-encoded; believed only while no authentication is configured */
                "x-transship-actor"?: string;
            };
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CompareRequestInput"];
            };
        };
        responses: {
            /** @description Begun; links.status says how far it is */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AcceptedComparison"];
                };
            };
            /** @description Any error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getComparison: {
        parameters: {
            query?: never;
            header?: {
                /** @description Who asks, percent-encoded; believed only while no authentication is configured */
                "x-transship-actor"?: string;
            };
            path: {
                /**
                 * @description Id of the comparison
                 * @example cmp-c3xq2m7k4a
                 */
                id: string;
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ComparisonStatus"];
                };
            };
            /** @description Any error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listSyncRuleChanges: {
        parameters: {
            query?: never;
            header?: {
                /** @description Who asks, percent-encoded; believed only while no authentication is configured */
                "x-transship-actor"?: string;
            };
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SyncRuleHistory"];
                };
            };
            /** @description Any error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listSyncs: {
        parameters: {
            query?: {
                /** @example sha256:4f53cda14f53cda14f53cda14f53cda14f53cda14f53cda14f53cda14f53cda1 */
                digest?: string;
                limit?: number;
                /** @description Destination */
                registry?: string;
                /** @example shop/web */
                repository?: string;
                /** @description open: those that have not ended, the oldest first. Else the latest first */
                state?: "open" | "queued" | "arrived" | "done" | "failed" | "cancelled";
                /**
                 * @description Those that move, or moved, this tag
                 * @example v2
                 */
                tag?: string;
            };
            header?: {
                /** @description Who asks, percent-encoded; believed only while no authentication is configured */
                "x-transship-actor"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SyncList"];
                };
            };
            /** @description Any error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    startSync: {
        parameters: {
            query?: {
                /** @description Only plan */
                dryRun?: boolean;
            };
            header?: {
                /**
                 * @description Any text that is new for a new request; known for 30 days
                 * @example deploy-shop-v2-4711
                 */
                "idempotency-key"?: string;
                /** @description Who asks, percent-encoded; believed only while no authentication is configured */
                "x-transship-actor"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["StartSyncInput"];
            };
        };
        responses: {
            /** @description The plan, with dryRun=true */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SyncPlan"];
                };
            };
            /** @description Accepted; links.status says where its destinations are */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AcceptedSync"];
                };
            };
            /** @description Any error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cancelSync: {
        parameters: {
            query?: never;
            header?: {
                /** @description Who asks, percent-encoded; believed only while no authentication is configured */
                "x-transship-actor"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CancelSyncInput"];
            };
        };
        responses: {
            /** @description Default Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CancelledSync"];
                };
            };
            /** @description Any error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getSyncStats: {
        parameters: {
            query?: {
                /** @description How far to look back */
                hours?: number;
            };
            header?: {
                /** @description Who asks, percent-encoded; believed only while no authentication is configured */
                "x-transship-actor"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SyncStatsList"];
                };
            };
            /** @description Any error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
