import type { ApiRoutes } from './call.ts';

/** Whose behaviour the double has. */
const VERSION = 'v2.16.0-c50c7ddd';

/** `/ping` and `/systeminfo`. */
export const systemRoutes: ApiRoutes = {
  'GET /ping': () => ({ body: 'Pong' }),

  // Who is nobody is told nothing of the version.
  'GET /systeminfo': ({ harbor, caller }) => ({
    body: {
      auth_mode: 'db_auth',
      primary_auth_mode: false,
      self_registration: false,
      banner_message: '',
      oidc_provider_name: '',
      ...(caller.kind === 'anonymous'
        ? {}
        : {
            current_time: new Date().toISOString(),
            external_url: `http://${harbor.config.hostname}`,
            registry_url: harbor.config.hostname,
            harbor_version: VERSION,
            has_ca_root: false,
            notification_enable: true,
            project_creation_restriction: 'everyone',
            read_only: harbor.readOnly,
            registry_storage_provider_name: 'filesystem',
          }),
    },
  }),
};
