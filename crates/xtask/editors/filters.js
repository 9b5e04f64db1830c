// What an editor should know about each filter's configuration.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const filters = join(dirname(fileURLToPath(import.meta.url)), "../../../filters");

// A configuration with `@` where one types, and values to be offered there. YAML reads it too.
const choices = {
  "add-header": ['{"response": [{"action": @}]}', ["append", "set_if_absent", "remove"]],
  "add-header-edit": ['{"response": [{"action": @}]}', ["append", "edit"]],
  "path-rewrite": ['{"rules": [{"prefix": "/a", "redirect": {"scheme": @}}]}', ["http", "https"]],
  "path-rewrite-reverse": ['{"rules": [{"prefix": "/a", "redirect": {"scheme": @}}]}', ["http", "https"]],
  "rate-limit": ['{"rules": [{"key": [], "limit": 1, "period": "1s", "missing": @}]}', ["skip", "deny"]],
  "rate-limit-body": ['{"rules": [{"key": [], "limit": 1, "period": "1s", "missing": @}]}', ["skip", "deny"]],
  "rate-limit-tcp": ['{"rules": [{"concurrency": 1, "shadow": @}]}', [true, false]],
  "tcp-prepend": ['{"on_missing": @}', ["close", "skip"]],
};

// Typing errors: which of a filter's examples, a part of it, and what one types in its place. A mistyped name of a field that
// is required would be two problems, since the field is also missing.
const typos = {
  "add-header": [
    [0, '"response"', '"respones"'],
    [0, '"set_if_absent"', '"set_if_abscent"'],
    [0, '"x-env"', "7"],
  ],
  "add-header-edit": [
    [0, '"response"', '"respones"'],
    [0, '"edit"', '"edti"'],
    [0, '"set-cookie"', "7"],
  ],
  "path-rewrite": [
    [0, '"query"', '"qurey"'],
    [0, "308", "309"],
    [0, '"/old"', "true"],
  ],
  "path-rewrite-reverse": [
    [0, '"reverse"', '"revrese"'],
    [0, '"replace"', '"repalce"'],
    [0, '"/old"', "true"],
  ],
  "rate-limit": [
    [0, '"burst"', '"brust"'],
    [0, "100", '"100"'],
    [0, '"client_ip"', '"client-ip"'],
  ],
  "rate-limit-body": [
    [0, '"response_json"', '"response-json"'],
    [0, "100000", '"100000"'],
    [0, '"default"', '"defualt"'],
  ],
  "rate-limit-tcp": [
    [0, '"burst"', '"brust"'],
    [0, "20", '"20"'],
    [1, '"exempt"', '"exept"'],
  ],
  "tcp-prepend": [
    [1, '"on_missing"', '"on_mising"'],
    [1, '"skip"', '"skipp"'],
    [1, "2", "3"],
  ],
};

// What the READMEs call the folder that a user copies the schema to.
const FOLDER = "FOLDER/";

/** Returns each filter's name, schema, the schema's URL, cases, and how its README associates the schema with files. */
export function all() {
  const names = readdirSync(filters, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  assert.deepEqual(names.map(({ name }) => name).sort(), Object.keys(choices));
  return Object.keys(choices).map((name) => {
    const path = join(filters, name, "config.schema.json");
    const schema = JSON.parse(readFileSync(path, "utf8"));
    const readme = readFileSync(join(filters, name, "README.md"), "utf8").replaceAll(FOLDER, "");
    const [firstLine] = /# yaml-language-server: [^`]*/.exec(readme);
    const settings = JSON.parse(`{${/"json.schemas": [^`]*/.exec(readme)}}`)["json.schemas"];
    const url = pathToFileURL(path).href;
    return { name, url, schema, choice: choices[name], typos: typos[name], firstLine, settings };
  });
}

/** Returns a text without its mark `@`, and the offset of the mark. */
export function marked(text) {
  return [text.replace("@", ""), text.indexOf("@")];
}

/** Returns an example with a typing error, what was mistyped, and its offset. */
export function mistyped({ examples }, [index, right, wrong]) {
  const example = JSON.stringify(examples[index]);
  const offset = example.indexOf(right);
  assert.notEqual(offset, -1, `the example has no ${right}`);
  return [example.replace(right, wrong), wrong, offset];
}

/** Returns each top-level field, a value of its type, and its description. */
export function fields(schema) {
  return Object.entries(schema.properties).map(([field, property]) => {
    const variant = property.anyOf?.find(({ type }) => type === "array") ?? property;
    const definition = variant.$ref ? schema.$defs[variant.$ref.replace("#/$defs/", "")] : variant;
    const value = definition.enum?.[0] ?? { array: [], boolean: true, integer: 1, object: {}, string: "a" }[definition.type];
    assert.notEqual(value, undefined, field);
    return [field, JSON.stringify(value), property.description];
  });
}

/** Returns Markdown as it is shown. */
export function plain(markdown) {
  return markdown.replaceAll(/\\(?=[^\w\s])/g, "").replaceAll("&nbsp;", " ");
}
