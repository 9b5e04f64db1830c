// The place in a text where something is being written.

import { formOf } from "./configuration.js";

/** Stands for what is being written. */
export const PLACEHOLDER = "placeholder_of_the_playground";

/** Where something is being written, and how it looks there. */
export class Place {
  from;
  word;
  to;
  #text;
  #isJson;

  constructor(text, offset) {
    const before = text.slice(0, offset);
    const [word] = /[\w.-]*$/.exec(before);
    this.word = offset - word.length;
    const isQuoted = text[this.word - 1] === '"';
    this.from = isQuoted ? this.word - 1 : this.word;
    const [rest] = /^[\w.-]*"?/.exec(text.slice(offset));
    this.to = offset + (isQuoted ? rest : rest.replace('"', "")).length;
    this.#text = text;
    this.#isJson = formOf(text) === "JSON";
  }

  /** What it could be, the most likely first: the name of a field, or a value. */
  kinds() {
    return /:\s*$/.test(this.#text.slice(0, this.from).split("\n").at(-1)) ? ["value"] : ["name", "value"];
  }

  /** Returns the text with a placeholder. */
  filled(kind) {
    const [before, after] = [this.#text.slice(0, this.from), this.#text.slice(this.to)];
    const has = /^\s*:/.test(after);
    const word = this.#isJson ? `"${PLACEHOLDER}"` : PLACEHOLDER;
    const ends = this.#isJson && !/^\s*[,\]}:]/.test(after) ? "," : "";
    return before + word + (kind === "name" && !has ? ": 0" : "") + (has ? "" : ends) + after;
  }

  /** Returns the text for a field's name. */
  name(name, schema) {
    const text = this.#isJson ? JSON.stringify(name) : name;
    return /^\s*:/.test(this.#text.slice(this.to)) ? text : `${text}: ${this.#opening(schema)}`;
  }

  /** Returns the text for a value. */
  value(value) {
    return typeof value === "string" &&
      !this.#isJson &&
      /^[a-z][\w-]*$/i.test(value) &&
      !/^(true|false|null|yes|no|on|off)$/i.test(value)
      ? value
      : JSON.stringify(value);
  }

  /** Returns how a field's value begins. */
  #opening(schema) {
    const types = [schema, ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].flatMap(({ type }) => type ?? []);
    if (this.#isJson) {
      return { string: '""', array: "[]", object: "{}" }[types[0]] ?? "";
    }
    const line = this.#text.slice(0, this.from).split("\n").at(-1);
    // A dash of YAML's lists indents what follows it.
    const indentation = " ".repeat(/^[\s-]*/.exec(line)[0].length + 2);
    return { array: `\n${indentation}- `, object: `\n${indentation}` }[types[0]] ?? "";
  }
}
