// The tree that the JSON language service reads, made of a YAML document. It works for YAML and JSON alike.

import { isAlias, isMap, isPair, isScalar, isSeq } from "yaml";

/** Returns the root of the tree, `undefined` if there is none. */
export function treeOf(document) {
  return document.contents === null ? undefined : tree(document.contents, document);
}

/** `resolved` has the nodes of the aliases around this one: an alias may refer to what it is a part of. */
function tree(node, document, parent = undefined, resolved = []) {
  if (isAlias(node)) {
    const target = node.resolve(document) ?? null;
    return resolved.includes(target)
      ? tree(null, document, parent)
      : tree(target, document, parent, [...resolved, target]);
  }
  const [offset, end] = node?.range ?? [parent?.offset ?? 0, parent?.offset ?? 0];
  const made = { offset, length: Math.max(end - offset, 0), parent };
  if (isMap(node)) {
    const object = { ...made, type: "object", properties: [] };
    object.properties = node.items.filter(isPair).map((pair) => property(pair, document, object, resolved));
    return Object.assign(object, { children: object.properties });
  }
  if (isSeq(node)) {
    const array = { ...made, type: "array", items: [] };
    array.items = node.items.map((item) => tree(item, document, array, resolved));
    return Object.assign(array, { children: array.items });
  }
  return { ...made, ...scalar(isScalar(node) ? node.value : null) };
}

function property({ key, value }, document, parent, resolved) {
  const made = { type: "property", parent, colonOffset: key?.range?.[1] ?? -1 };
  const keyNode = { ...tree(key, document, made, resolved), type: "string", value: String(key) };
  const [offset, end] = [keyNode.offset, value?.range?.[1] ?? keyNode.offset + keyNode.length];
  Object.assign(made, { offset, length: Math.max(end - offset, 0), keyNode });
  made.valueNode = tree(value, document, made, resolved);
  made.children = [keyNode, made.valueNode];
  return made;
}

function scalar(value) {
  switch (typeof value) {
    case "string":
      return { type: "string", value };
    case "boolean":
      return { type: "boolean", value };
    case "number":
      return { type: "number", value, isInteger: Number.isInteger(value) };
    default:
      return { type: "null", value: null };
  }
}
