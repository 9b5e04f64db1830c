// VS Code's service for JSON, with the settings of the filters' READMEs.

import assert from "node:assert/strict";
import { test } from "node:test";
import { all, fields, marked, mistyped, plain } from "./filters.js";
import { load } from "./packages.js";

const { getLanguageService, TextDocument } = load("vscode-json-languageservice");

for (const { name, url, schema, choice, typos, settings } of all()) {
  const files = { [url]: JSON.stringify(schema) };
  const service = getLanguageService({ schemaRequestService: async (wanted) => files[wanted] });
  // VS Code resolves URLs that begin with `./` against the workspace's folder.
  const schemas = settings.map(({ fileMatch, url: path }) => ({ fileMatch, uri: new URL(path, url).href }));
  service.configure({ allowComments: false, schemas });

  const open = (text) => {
    const document = TextDocument.create(`file:///${name}-edge.json`, "json", 1, text);
    return [document, service.parseJSONDocument(document)];
  };
  const completions = async (text) => {
    const [unmarked, offset] = marked(text);
    const [document, parsed] = open(unmarked);
    return (await service.doComplete(document, document.positionAt(offset), parsed)).items;
  };
  const problems = async (text) => {
    const [document, parsed] = open(text);
    const found = await service.doValidation(document, parsed);
    return found.map(({ message, range }) => ({ message, offset: document.offsetAt(range.start) }));
  };

  test(`JSON, ${name}: fields are completed, with their descriptions`, async () => {
    const items = await completions("{@}");
    for (const [field, , description] of fields(schema)) {
      const item = items.find(({ label }) => label === field);
      assert.ok(item, `${field} is not among ${items.map(({ label }) => label)}`);
      assert.equal(item.documentation, description);
    }
  });

  test(`JSON, ${name}: values are completed`, async () => {
    const [text, values] = choice;
    const items = await completions(text);
    const labels = items.map(({ label }) => label);
    values.forEach((value) => assert.ok(labels.includes(JSON.stringify(value)), `${value} is not among ${labels}`));
    assert.ok(!labels.includes("null"), labels);
  });

  test(`JSON, ${name}: an empty file is completed with examples`, async () => {
    const inserted = (await completions("@")).map(({ insertText }) => insertText.replaceAll(/\s|\\/g, ""));
    for (const example of schema.examples) {
      const start = JSON.stringify(example).replaceAll(/\s|\\/g, "").slice(0, 60);
      assert.ok(inserted.some((text) => text.startsWith(start)), `${start} does not begin any of ${inserted}`);
    }
  });

  test(`JSON, ${name}: a field that is pointed at shows its description`, async () => {
    for (const [field, value, description] of fields(schema)) {
      const [document, parsed] = open(`{"${field}": ${value}}`);
      const hover = await service.doHover(document, document.positionAt(3), parsed);
      const shown = plain(hover?.contents.join("\n") ?? "");
      assert.ok(shown.includes(description), `${field} shows ${shown}`);
    }
  });

  test(`JSON, ${name}: examples have no problem`, async () => {
    for (const example of schema.examples) {
      assert.deepEqual(await problems(JSON.stringify(example)), []);
    }
  });

  test(`JSON, ${name}: a typing error is one problem, at its place`, async () => {
    for (const typo of typos) {
      const [text, wrong, offset] = mistyped(schema, typo);
      const found = await problems(text);
      assert.equal(found.length, 1, `${wrong}: ${JSON.stringify(found)}`);
      assert.equal(found[0].offset, offset, `${wrong}: ${JSON.stringify(found)}`);
    }
  });
}
