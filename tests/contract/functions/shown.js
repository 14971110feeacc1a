// Whether a reader sees values: an example stands beside the schema, in it, or somewhere within it.
const hasExample = (node) => node.example !== undefined || node.examples !== undefined;

const shows = (schema, depth = 0) => {
  if (!schema || typeof schema !== 'object' || depth > 6) return false;
  const parts = [
    ...Object.values(schema.properties ?? {}),
    ...(schema.allOf ?? []),
    ...(schema.oneOf ?? []),
    ...(schema.anyOf ?? []),
    schema.items,
  ];
  return hasExample(schema) || schema.enum !== undefined || parts.some((part) => shows(part, depth + 1));
};

export default (media) => {
  if (hasExample(media) || shows(media.schema)) return [];
  return [{ message: 'no example' }];
};
