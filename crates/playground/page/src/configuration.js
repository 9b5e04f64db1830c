// The text of a configuration: what the filter gets, and where its values are.

import { isAlias, isMap, isScalar, isSeq, parseDocument } from "yaml";

/** The form of a text. Text that begins with a brace is JSON, and reaches the filter as it is. */
export function formOf(text) {
  return text.trimStart().startsWith("{") || text.trimStart().startsWith("[") ? "JSON" : "YAML";
}

/** A configuration. */
export class Configuration {
  /** What the filter gets; `undefined` if the text is not YAML. */
  bytes;
  /** Mistakes of the YAML: `{from, to, message}`. */
  mistakes = [];
  /** The form of the text. */
  form;
  /** The document, also of JSON, which is YAML too. */
  document;
  #text;

  constructor(text) {
    this.#text = text;
    this.form = formOf(text);
    this.document = parseDocument(text, { prettyErrors: false, uniqueKeys: this.form === "YAML" });
    if (this.form === "JSON") {
      // The filter says what is wrong with it, as it does in a proxy.
      this.bytes = text;
      return;
    }
    // At least a character is marked: the last one if something is missing after it.
    const last = Math.max(text.length - 1, 0);
    this.mistakes = this.document.errors.map(({ pos: [from, to], message }) => {
      const start = Math.min(from, last);
      return { from: start, to: Math.min(Math.max(to, start + 1), text.length), message };
    });
    if (this.mistakes.length === 0) {
      const { contents } = this.document;
      // A single value is plain text, which some filters accept.
      this.bytes = isMap(contents) || isSeq(contents) ? JSON.stringify(this.document.toJS()) : text.trim();
    }
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
    if (position && this.form === "JSON") {
      const [line, column] = position;
      const lines = this.#text.split("\n").slice(0, line - 1);
      const start = lines.reduce((offset, each) => offset + each.length + 1, 0);
      const to = Math.min(start + Math.max(column, 1), this.#text.length);
      return { from: Math.max(to - 1, 0), to };
    }
    return undefined;
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

/** Returns the text in the other form: JSON as YAML, and YAML as JSON. Throws if it is neither. */
export function converted(text) {
  const document = parseDocument(text);
  if (document.errors.length > 0) {
    throw document.errors[0];
  }
  return formOf(text) === "JSON" ? asYaml(document.toJS()) : JSON.stringify(document.toJS(), null, 2);
}

/** Returns a value as YAML, as people write it. */
export function asYaml(value) {
  const document = parseDocument(JSON.stringify(value));
  // JSON's braces are a style of YAML's: let the library choose its own.
  return new document.constructor(document.toJS()).toString({ lineWidth: 0, flowCollectionPadding: false }).trimEnd();
}
