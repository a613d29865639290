import { toJsonSchema } from '@valibot/to-json-schema';

/**
 * The JSON Schema (draft-07, which editors know best) of what a valibot schema accepts. Schemas of files transform
 * nothing, so their output is their input; of a pipe that begins with a check in code, the output side is the one that
 * JSON Schema can say.
 */
export function jsonSchema(schema, id) {
  const { $schema, ...rest } = toJsonSchema(schema, { target: 'draft-07', typeMode: 'output' });
  return { $schema, $id: id, ...rest };
}
