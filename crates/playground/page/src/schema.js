// What a filter's JSON schema says about a configuration: mistakes, descriptions, and what could be written next.

import { parseDocument } from "yaml";
import { TextDocument, getLanguageService } from "vscode-json-languageservice";

import { PLACEHOLDER, Place } from "./place.js";
import { treeOf } from "./tree.js";

const SCHEMA = "schema:///configuration";
const FILE = "text:///configuration";

/** The language service for one schema. */
export class Schema {
  #service = getLanguageService({});
  #schema;

  constructor(schema) {
    this.#schema = schema;
    this.#service.configure({ schemas: [{ uri: SCHEMA, fileMatch: ["*"], schema }] });
  }

  #read(text, document) {
    return [TextDocument.create(FILE, "json", 0, text), this.#service.newJSONDocument(treeOf(document))];
  }

  /** Returns mistakes as `{from, to, message}`. */
  async mistakes(text, document) {
    const [file, json] = this.#read(text, document);
    if (json.root?.type !== "object") {
      // Plain text, or a list. The filter says whether it accepts that.
      return [];
    }
    const found = await this.#service.doValidation(file, json, {}, this.#schema);
    return found.map(({ range, message }) => ({
      from: file.offsetAt(range.start),
      to: file.offsetAt(range.end),
      message,
    }));
  }

  /** Returns the description of the field or value at an offset as `{from, to, text}`, if it has one. */
  async description(text, document, offset) {
    const [file, json] = this.#read(text, document);
    const hover = await this.#service.doHover(file, file.positionAt(offset), json);
    const parts = [hover?.contents ?? []].flat().map((part) => part.value ?? part);
    if (parts.length === 0 || !hover.range) {
      return undefined;
    }
    return {
      from: file.offsetAt(hover.range.start),
      to: file.offsetAt(hover.range.end),
      text: plain(parts.join("\n")),
    };
  }

  /**
   * Returns what could be written at an offset: `{from, word, to, options: [{label, insert, description, kind}]}`. `insert`
   * replaces everything between `from` and `to`; the word, without a quote before it, begins at `word`.
   */
  async options(text, offset) {
    const place = new Place(text, offset);
    for (const kind of place.kinds()) {
      const options = await this.#optionsOf(place, kind);
      if (options.length > 0) {
        return { from: place.from, word: place.word, to: place.to, options };
      }
    }
    return undefined;
  }

  async #optionsOf(place, kind) {
    const text = place.filled(kind);
    const document = parseDocument(text, { uniqueKeys: false, strict: false });
    const [file, json] = this.#read(text, document);
    const placeholder = find(json.root, kind);
    if (placeholder === undefined) {
      return [];
    }
    const matching = await this.#service.getMatchingSchemas(file, json, this.#schema);
    const of = (node) => matching.filter((match) => match.node === node && !match.inverted).map(({ schema }) => schema);
    if (kind === "value") {
      return values(of(placeholder), place);
    }
    const present = new Set(placeholder.properties.map(({ keyNode }) => keyNode.value));
    return names(of(placeholder), present, place);
  }
}

/** Finds the object with the placeholder as a name, or the placeholder as a value. */
function find(node, kind) {
  if (node === undefined) {
    return undefined;
  }
  if (kind === "value" && node.type === "string" && node.value === PLACEHOLDER) {
    return node;
  }
  if (kind === "name" && node.properties?.some(({ keyNode }) => keyNode.value === PLACEHOLDER)) {
    return node;
  }
  for (const child of node.children ?? []) {
    const found = find(child, kind);
    if (found) {
      return found;
    }
  }
  return undefined;
}

function names(schemas, present, place) {
  const fields = new Map();
  for (const schema of schemas) {
    for (const [name, field] of Object.entries(schema.properties ?? {})) {
      if (!present.has(name) && !fields.has(name)) {
        fields.set(name, {
          label: name,
          insert: place.name(name, field),
          description: plain(field.description),
          kind: "property",
        });
      }
    }
  }
  return [...fields.values()];
}

function values(schemas, place) {
  const found = new Map();
  const add = (value, description) => {
    if (value !== null && !found.has(value)) {
      found.set(value, {
        label: String(value),
        insert: place.value(value),
        description: plain(description),
        kind: "enum",
      });
    }
  };
  const collect = (schema) => {
    if (schema.const !== undefined) {
      add(schema.const, schema.description);
    }
    (schema.enum ?? []).forEach((value, index) => add(value, schema.enumDescriptions?.[index]));
    if ([schema.type].flat().includes("boolean")) {
      [true, false].forEach((value) => add(value));
    }
    if (["string", "number", "boolean"].includes(typeof schema.default)) {
      add(schema.default, "the default");
    }
    [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].filter((each) => typeof each === "object").forEach(collect);
  };
  schemas.forEach(collect);
  return [...found.values()];
}

/** Returns Markdown as text: the service escapes it. */
function plain(markdown = "") {
  return markdown
    .replace(/\\([^\w\s])/g, "$1")
    .replace(/`([^`]*)`/g, "$1")
    .trim();
}
