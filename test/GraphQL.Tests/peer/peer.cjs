// graphql-js, and clients of its family, answer questions, one line of JSON each: {op, ...} in, the answer out.
'use strict';
const {
  GraphQLError, GraphQLSchema, buildASTSchema, execute, parse, printSchema, specifiedRules, validate, validateSchema,
} = require('graphql');
const { validateSDL } = require('graphql/validation/validate');
const { MaxIntrospectionDepthRule } = require('graphql/validation/rules/MaxIntrospectionDepthRule');
const { serverAudits } = require('graphql-http');
const { createClient } = require('graphql-sse');

const rules = specifiedRules.filter((rule) => rule !== MaxIntrospectionDepthRule);
const schemas = new Map();

const shown = (error) => ({
  message: error.message,
  ...(error.locations ? { locations: error.locations } : {}),
  ...(error.path ? { path: error.path } : {}),
});

// Without @oneOf, which is younger than the edition of the specification that is compared.
function build(document) {
  const config = buildASTSchema(document, { assumeValidSDL: true }).toConfig();
  return new GraphQLSchema({ ...config, directives: config.directives.filter((d) => d.name !== 'oneOf') });
}

// As Fixture.cs: a member of the source that is {$error}, {$later} or {$echo} is done, not shown.
function resolve(source, args, _context, info) {
  const value = source?.[info.fieldName];
  if (value?.$error) throw new GraphQLError(value.$error);
  if (value?.$echo) return args;
  if (value?.$later !== undefined) return new Promise((done) => setImmediate(done, value.$later));
  return value;
}

const answers = {
  schema({ name, sdl, fixture }) {
    let document;
    try {
      document = parse(sdl);
    } catch (error) {
      return { errors: [shown(error)] };
    }
    let errors = validateSDL(document);
    if (errors.length === 0) {
      const schema = build(document);
      errors = validateSchema(schema);
      if (errors.length === 0) {
        schemas.set(name, { schema, fixture });
        return { printed: printSchema(schema) };
      }
    }
    return { errors: errors.map(shown) };
  },

  async run({ name, query, operationName, variables }) {
    const { schema, fixture } = schemas.get(name);
    let document;
    try {
      document = parse(query);
    } catch (error) {
      return { errors: [shown(error)] };
    }
    let errors;
    try {
      errors = validate(schema, document, rules);
    } catch (error) {
      return { fell: String(error) };
    }
    if (errors.length > 0) return { errors: errors.map(shown) };
    const result = await execute({
      schema, document, operationName, variableValues: variables, rootValue: fixture, fieldResolver: resolve,
    });
    return { ...(result.errors ? { errors: result.errors.map(shown) } : {}), ...('data' in result ? { data: result.data } : {}) };
  },

  async audit({ url }) {
    const audits = [];
    for (const { id, name, fn } of serverAudits({ url })) {
      const { status, reason } = await fn();
      audits.push({ id, name, status, reason: reason ?? '' });
    }
    return audits;
  },

  // What a client of graphql-sse gets of one operation: its results, and how it ended.
  async listen({ url, query, leaveAfter }) {
    const client = createClient({ url, retryAttempts: 0 });
    const results = [];
    return new Promise((done) => {
      const leave = client.subscribe({ query }, {
        next(result) {
          results.push(result);
          if (results.length === leaveAfter) leave();
        },
        error: (error) => done({ results, error: String(error.message ?? error) }),
        complete: () => done({ results }),
      });
    });
  },
};

require('node:readline').createInterface({ input: process.stdin }).on('line', async (line) => {
  const question = JSON.parse(line);
  let answer;
  try {
    answer = { id: question.id, answer: await answers[question.op](question) };
  } catch (error) {
    answer = { id: question.id, failure: String(error.stack ?? error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
});
