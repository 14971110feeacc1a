/** The fields of a report's form: the subset of JSON Schema that the service's catalogue permits. */

/** A choice of a field: a word of a vocabulary, or a constant as the form has it. */
export interface Choice {
  readonly value: string | number | boolean;
  readonly zh: string;
  readonly en?: string | undefined;
}

export type Field = {
  readonly name: string;
  readonly zh: string;
  readonly en?: string | undefined;
  readonly required: boolean;
} & (
  | { readonly kind: 'text'; readonly max?: number | undefined }
  | { readonly kind: 'date' }
  | { readonly kind: 'number'; readonly integer: boolean; readonly min?: number | undefined; readonly max?: number | undefined }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'one'; readonly choices: readonly Choice[] }
  | { readonly kind: 'many'; readonly choices: readonly Choice[] }
  | { readonly kind: 'unknown' }
);

type Schema = Record<string, unknown>;

/** Words of a vocabulary that a field names by `x-vocabulary`. */
export type Words = (vocabulary: string) => readonly Choice[];

/** The fields in their order; those of a branch follow while its condition holds. */
export function fieldsOf(form: Schema, answers: Schema, words: Words): Field[] {
  const active = [form, ...branches(form, answers)];
  const properties: Record<string, Schema> = {};
  const required = new Set<string>();
  for (const schema of active) {
    Object.assign(properties, schema['properties'] as Record<string, Schema> | undefined);
    for (const name of (schema['required'] as string[] | undefined) ?? []) required.add(name);
  }
  const order = (schema: Schema): number => (typeof schema['x-order'] === 'number' ? schema['x-order'] : 1000);
  return Object.entries(properties)
    .sort(([, a], [, b]) => order(a) - order(b))
    .map(([name, schema]) => field(name, schema, required.has(name), words));
}

/** The branch `then` while the answers satisfy `if`: one level, on constants. */
function branches(form: Schema, answers: Schema): Schema[] {
  const condition = form['if'] as Schema | undefined;
  if (!condition) return [];
  const properties = (condition['properties'] as Record<string, Schema> | undefined) ?? {};
  const required = (condition['required'] as string[] | undefined) ?? [];
  // As JSON Schema has it: a property that is absent satisfies `properties`.
  const holds =
    required.every((name) => name in answers) &&
    Object.entries(properties).every(([name, schema]) => !(name in answers) || answers[name] === schema['const']);
  const branch = form['then'] as Schema | undefined;
  return holds && branch ? [branch] : [];
}

function field(name: string, schema: Schema, required: boolean, words: Words): Field {
  const base = {
    name, required, zh: text(schema['title']) ?? name, en: text(schema['x-title-en']),
  };
  const vocabulary = text(schema['x-vocabulary']);
  if (schema['type'] === 'array') {
    const items = (schema['items'] as Schema | undefined) ?? {};
    const list = text(items['x-vocabulary']) ?? vocabulary;
    const choices = list ? words(list) : choicesOf(items);
    return choices ? { ...base, kind: 'many', choices } : { ...base, kind: 'unknown' };
  }
  const choices = vocabulary ? words(vocabulary) : choicesOf(schema);
  if (choices) return { ...base, kind: 'one', choices };
  const [min, max] = [number(schema['minimum']), number(schema['maximum'])];
  switch (schema['type']) {
    case 'string':
      return schema['format'] === 'date' ? { ...base, kind: 'date' } : { ...base, kind: 'text', max: number(schema['maxLength']) };
    case 'integer':
    case 'number':
      return { ...base, kind: 'number', integer: schema['type'] === 'integer', min, max };
    case 'boolean':
      return { ...base, kind: 'boolean' };
    default:
      return { ...base, kind: 'unknown' };
  }
}

function choicesOf(schema: Schema): Choice[] | undefined {
  const { oneOf } = schema as { oneOf?: Schema[] };
  return oneOf?.map((one) => {
    const value = one['const'] as Choice['value'];
    return { value, zh: text(one['title']) ?? String(value), en: text(one['x-title-en']) };
  });
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

/** The answers without those that are empty or belong to no field. */
export function cleaned(answers: Schema, fields: readonly Field[]): Schema {
  const kept: Schema = {};
  for (const { name } of fields) {
    const value = answers[name];
    const empty = value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);
    if (!empty) kept[name] = value;
  }
  return kept;
}
