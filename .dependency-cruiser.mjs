// Who may import whom: the arrows of ARCHITECTURE.md, as rules that fail the build.
const tests = '\\.(test|test-d|property\\.test)\\.ts$|/test/'

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Foundation first: a file imports only what can be understood without it.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'resolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'declared-dependencies',
      comment:
        'What a package imports stands in its own package.json: people install the packages one by one.',
      severity: 'error',
      from: { path: '^(packages|apps)/[^/]+/src', pathNot: tests },
      to: {
        dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'npm-dev'],
        dependencyTypesNot: ['type-only', 'npm-peer'],
        pathNot: 'html-client',
      },
    },
    {
      name: 'core-stands-alone',
      comment: '@sse/core runs everywhere, does no I/O, and builds on nothing.',
      severity: 'error',
      from: { path: '^packages/core/src', pathNot: tests },
      to: { pathNot: '^packages/core/src' },
    },
    {
      name: 'server-builds-on-core',
      severity: 'error',
      from: { path: '^packages/server/src', pathNot: tests },
      to: {
        pathNot: [
          '^packages/server/src',
          '^packages/core/(src|dist)',
          '^(node:)?[a-z0-9_/]+$',
          'node_modules/prom-client',
          'node_modules/@nats-io',
        ],
      },
    },
    {
      name: 'client-builds-on-core',
      comment:
        'The client runs in browsers: it knows neither the server nor any runtime, and only its React face knows React.',
      severity: 'error',
      from: { path: '^packages/client/src', pathNot: [tests, '^packages/client/src/react/'] },
      to: { pathNot: ['^packages/client/src/(?!react/)', '^packages/core/(src|dist)'] },
    },
    {
      name: 'testing-builds-on-core',
      comment: 'The kit tests any server and any client, so it knows neither of ours.',
      severity: 'error',
      from: { path: '^packages/testing/src', pathNot: tests },
      to: {
        pathNot: [
          '^packages/testing/src',
          '^packages/core/(src|dist)',
          '^(node:)?[a-z0-9_/]+$',
          'node_modules/(commander|msw|vitest|@vitest|@jest)',
        ],
      },
    },
    {
      name: 'testing-in-browsers',
      comment: 'What a test in a browser imports does not know Node: that is behind ./node and the command.',
      severity: 'error',
      from: {
        path: '^packages/testing/src/(clock|script/(?!scripted-server|socket)|record|assert|msw|transcript/(?!transcript-file|replay-server))',
        pathNot: tests,
      },
      to: { dependencyTypes: ['core'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'client-policies-are-values',
      comment: 'A policy can be understood, and replaced, without the connection that asks it.',
      severity: 'error',
      from: { path: '^packages/client/src/(policy|attempt)/', pathNot: tests },
      to: {
        path: '^packages/client/src/',
        pathNot: ['^packages/client/src/(policy|attempt)/', 'errors\\.ts$', 'connection/connection\\.ts$'],
      },
    },
    {
      name: 'event-source-without-policies',
      comment:
        'The EventSource of the standard weighs what it does: it stands on the plain connection and an unbounded parser.',
      severity: 'error',
      from: { path: '^packages/client/src/(event-source|connection/connection|attempt/attempt)\\.ts$' },
      to: { path: '^packages/client/src/(policy/|connection/supervised|attempt/stall)' },
    },
    {
      name: 'node-in-one-room',
      comment: 'Streams and channels run on any runtime: what is of Node is in server/src/node.',
      severity: 'error',
      from: { path: '^packages/server/src', pathNot: ['^packages/server/src/node/', tests] },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'server-http-first',
      severity: 'error',
      from: { path: '^packages/server/src/http/', pathNot: tests },
      to: { path: '^packages/server/src/(stream|channel|broker|node|web)/' },
    },
    {
      name: 'server-compression-knows-no-streams',
      comment: 'It makes bytes of text. Streams and channels say whose, and in what order.',
      severity: 'error',
      from: { path: '^packages/server/src/compression/', pathNot: tests },
      to: { path: '^packages/server/src/(http|stream|channel|node|web)/' },
    },
    {
      name: 'server-streams-know-no-channels',
      comment: 'A channel feeds streams; a stream takes whatever feeds it.',
      severity: 'error',
      from: { path: '^packages/server/src/stream/', pathNot: tests },
      to: { path: '^packages/server/src/(broker|channel|node|web)/' },
    },
    {
      name: 'server-channels-know-no-runtime',
      comment:
        'Nor which broker they have: they know what all brokers keep to, and how an event lies in one.',
      severity: 'error',
      from: { path: '^packages/server/src/channel/', pathNot: tests },
      to: { path: '^packages/server/src/(node|web|broker/redis|broker/nats)/' },
    },
    {
      name: 'server-brokers-know-no-channels',
      comment: 'A broker keeps a log for whoever follows it. It makes epochs as a channel does.',
      severity: 'error',
      from: { path: '^packages/server/src/broker/', pathNot: tests },
      to: {
        path: '^packages/server/src/(channel|stream|http|node|web)/',
        pathNot: '^packages/server/src/channel/event-id\\.ts$',
      },
    },
    {
      name: 'server-brokers-know-not-each-other',
      comment: 'Whoever imports one needs the client of that one alone.',
      severity: 'error',
      from: { path: '^packages/server/src/broker/(redis|nats)/', pathNot: tests },
      to: { path: '^packages/server/src/broker/(redis|nats)/', pathNot: '^packages/server/src/broker/$1/' },
    },
    {
      name: 'server-faces-know-not-each-other',
      comment:
        'Whoever imports one face gets nothing of the other: the web face runs where there is no node:http.',
      severity: 'error',
      from: { path: '^packages/server/src/(node|web)/', pathNot: tests },
      to: { path: '^packages/server/src/(node|web)/', pathNot: '^packages/server/src/$1/' },
    },
    {
      name: 'packages-know-no-apps',
      severity: 'error',
      from: { path: '^packages/' },
      to: { path: '^(apps|bench)/' },
    },
    {
      name: 'through-the-front-door',
      comment: 'Another package is imported by its name: its exports are all that it promises.',
      severity: 'error',
      from: { path: '^(packages|apps)/([^/]+)/' },
      to: { path: '^(packages|apps)/[^/]+/src/', pathNot: '^$1/$2/' },
    },
    {
      name: 'fixtures-stand-alone',
      comment: 'What the tests of all packages stand on knows none of them.',
      severity: 'error',
      from: { path: '^packages/testing/test/fixtures/' },
      to: { path: '^(packages|apps|bench|runtimes|cluster)/', pathNot: '^packages/testing/test/fixtures/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules|/dist/' },
    exclude: { path: '/dist/|\\.turbo' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['types', 'import', 'default'] },
  },
}
