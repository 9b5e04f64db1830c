// The text of a configuration: its form, and where its values are.

import { Document, isAlias, isMap, isScalar, isSeq, parseDocument } from "yaml";

/** The form of a text. Text that begins with a brace is JSON, and reaches the filter as it is. */
export function formOf(text) {
  return text.trimStart().startsWith("{") || text.trimStart().startsWith("[") ? "JSON" : "YAML";
}

/** A configuration. The bridge says what the filter gets of it: this library knows only where the parts are. */
export class Configuration {
  /** The form of the text. */
  form;
  /** The document, also of JSON, which is YAML too. */
  document;
  #text;

  constructor(text) {
    this.#text = text;
    this.form = formOf(text);
    this.document = parseDocument(text, { prettyErrors: false, uniqueKeys: this.form === "YAML", merge: true });
  }

  /** Returns the area of a refusal: of its place, or of what a place that is missing belongs to, or of its position in JSON. */
  area({ place, message, position }) {
    const all = places(this.document.contents);
    let wanted = place ?? /^([^\s:]+): /.exec(message)?.[1] ?? "";
    while (wanted !== "") {
      const found = all.find((candidate) => candidate.place === wanted);
      if (found !== undefined) {
        return { from: found.from, to: found.to };
      }
      wanted = wanted.replace(/(^|\.)[^.[]*$|\[\d*\]$/, "");
    }
    return position && this.form === "JSON" ? this.areaAt(position) : undefined;
  }

  /** Returns the area of the character at a line and column: of the last one if the text ends before. */
  areaAt([line, column]) {
    const lines = this.#text.split("\n");
    const start = lines.slice(0, line - 1).reduce((offset, each) => offset + each.length + 1, 0);
    // A column is a character, which may be two of JavaScript's.
    const before = [...(lines[line - 1] ?? "")].slice(0, Math.max(column - 1, 0)).join("");
    const from = Math.max(Math.min(start + before.length, this.#text.length - 1), 0);
    return { from, to: Math.min(from + 1, this.#text.length) };
  }
}

/** Returns all values with their places, such as `response[0].name`. The area of a field is its name and value. */
function places(node, place = "", area = undefined) {
  const [from, to] = node?.range ?? [0, 0];
  const found = [{ place, from, to, ...area }];
  if (isMap(node)) {
    for (const { key, value } of node.items) {
      const name = place === "" ? String(key) : `${place}.${key}`;
      const [start, end] = key.range ?? [from, to];
      // The name alone if the value has lines of its own.
      const last = isScalar(value) || isAlias(value) ? value.range[1] : end;
      found.push(...places(value, name, { from: start, to: Math.max(last, end) }));
    }
  } else if (isSeq(node)) {
    node.items.forEach((item, index) => found.push(...places(item, `${place}[${index}]`)));
  }
  return found;
}

/** Returns JSON in the form that people read. Throws if it is not JSON. */
export function asJson(text) {
  return JSON.stringify(JSON.parse(text), null, 2);
}

/** Returns JSON as YAML, as people write it. Throws if it is not JSON. */
export function asYaml(text) {
  // Quotes also what other readers of YAML take for something else than text, such as `yes`.
  const document = new Document(JSON.parse(text), { compat: "yaml-1.1" });
  return document.toString({ lineWidth: 0, flowCollectionPadding: false }).trimEnd();
}
