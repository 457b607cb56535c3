// Which folder may import which: entry points → http, workflows, activities → drivers, registry, catalogue → temporal,
// domain. Checked by "npm run lint".
const deny = (name, from, to, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from },
  to: { path: to },
});

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    deny('domain-is-pure', '^src/domain/', '^src/(?!domain/)', 'rules and types: no I/O, no Temporal'),
    deny(
      'domain-packages',
      '^src/domain/',
      'node_modules/(?!(zod|yaml)/)',
      'the domain knows zod and YAML, nothing else',
    ),
    deny(
      'temporal-below',
      '^src/temporal/',
      '^src/(?!(temporal|domain)/)',
      'names, policies and the saga stand on the domain only',
    ),
    deny(
      'workflows-deterministic',
      '^src/workflows/',
      '^src/(?!(workflows|temporal|domain)/)',
      'workflows import activities as types only',
    ),
    deny(
      'drivers-below',
      '^src/(drivers|registry|catalogue)/',
      '^src/(http|workflows|activities|api|worker|cli|origin)',
      'drivers know nothing of who calls them',
    ),
    deny('registry-alone', '^src/registry/', '^src/(?!(registry|domain)/)', 'the OCI client is a library of its own'),
    deny(
      'catalogue-alone',
      '^src/catalogue/',
      '^src/(?!(catalogue|domain)/)',
      'the catalogue knows PostgreSQL and the domain',
    ),
    deny(
      'drivers-apart',
      '^src/drivers/',
      '^src/(catalogue|http|workflows|activities)/',
      'a driver knows its system only',
    ),
    deny(
      'activities-below-entry',
      '^src/activities/',
      '^src/(http|workflows|api|worker|cli|origin)',
      'activities are called by workflows, never the reverse',
    ),
    deny('http-apart', '^src/http/', '^src/(activities|drivers)/', 'the API holds no cluster credential'),
    deny(
      'src-is-the-product',
      '^src/',
      '^(devfleet|test|chaos|bench|scripts)/',
      'nothing shipped depends on what only tests it',
    ),
  ].map((rule) =>
    rule.name === 'workflows-deterministic' || rule.name === 'http-apart'
      ? { ...rule, to: { ...rule.to, dependencyTypesNot: ['type-only'] } }
      : rule,
  ),
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: 'specify',
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.mjs', '.js', '.cjs', '.json'],
      conditionNames: ['import', 'require', 'node', 'default'],
    },
  },
};
