// The YAML language server, with the first line of the filters' READMEs.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { all, fields, marked, mistyped, plain } from "./filters.js";
import { load } from "./packages.js";

const { createMessageConnection, StreamMessageReader, StreamMessageWriter } = load("vscode-jsonrpc/node");

const server = spawn(process.execPath, [load.resolve("yaml-language-server/bin/yaml-language-server"), "--stdio"], {
  stdio: ["pipe", "pipe", "inherit"],
});
const connection = createMessageConnection(
  new StreamMessageReader(server.stdout),
  new StreamMessageWriter(server.stdin),
);
// Without the schema store the server needs no network.
const settings = { yaml: { validate: true, hover: true, completion: true, schemaStore: { enable: false, url: "" } } };
const waiting = new Map();

before(async () => {
  connection.onRequest("workspace/configuration", ({ items }) => items.map(({ section }) => settings[section] ?? {}));
  connection.onRequest("client/registerCapability", () => null);
  connection.onNotification("textDocument/publishDiagnostics", ({ uri, diagnostics }) => waiting.get(uri)?.(diagnostics));
  connection.listen();
  const workspace = { configuration: true, didChangeConfiguration: { dynamicRegistration: true } };
  await connection.sendRequest("initialize", { processId: process.pid, rootUri: null, capabilities: { workspace } });
  await connection.sendNotification("initialized", {});
});

after(async () => {
  connection.dispose();
  server.kill();
  await once(server, "exit");
});

let opened = 0;

/** Opens a document beside the schema of a filter, and returns its URI and what is wrong with it. */
async function open({ url, firstLine }, text) {
  opened += 1;
  const uri = new URL(`edge-${opened}.yaml`, url).href;
  const found = new Promise((resolve) => waiting.set(uri, resolve));
  const document = { uri, languageId: "yaml", version: 1, text: `${firstLine}\n${text}` };
  await connection.sendNotification("textDocument/didOpen", { textDocument: document });
  return [uri, await found];
}

async function ask(method, uri, line, character) {
  return connection.sendRequest(`textDocument/${method}`, { textDocument: { uri }, position: { line, character } });
}

for (const filter of all()) {
  const { name, schema, choice, typos } = filter;

  test(`YAML, ${name}: fields are completed`, async () => {
    const [uri] = await open(filter, "\n");
    const labels = (await ask("completion", uri, 1, 0)).items.map(({ label }) => label);
    fields(schema).forEach(([field]) => assert.ok(labels.includes(field), `${field} is not among ${labels}`));
  });

  test(`YAML, ${name}: values are completed`, async () => {
    const [text, values] = choice;
    const [unmarked, offset] = marked(text);
    const [uri] = await open(filter, unmarked);
    const labels = (await ask("completion", uri, 1, offset)).items.map(({ label }) => label);
    values.forEach((value) => assert.ok(labels.includes(String(value)), `${value} is not among ${labels}`));
  });

  test(`YAML, ${name}: a field that is pointed at shows its description`, async () => {
    for (const [field, value, description] of fields(schema)) {
      const [uri] = await open(filter, `${field}: ${value}\n`);
      const shown = plain((await ask("hover", uri, 1, 2))?.contents.value ?? "");
      assert.ok(shown.includes(description), `${field} shows ${shown}`);
    }
  });

  test(`YAML, ${name}: examples have no problem`, async () => {
    for (const example of schema.examples) {
      const [, problems] = await open(filter, JSON.stringify(example, null, 2));
      assert.deepEqual(problems, []);
    }
  });

  test(`YAML, ${name}: a typing error is one problem, at its place`, async () => {
    for (const typo of typos) {
      const [text, wrong, offset] = mistyped(schema, typo);
      const [, problems] = await open(filter, text);
      assert.equal(problems.length, 1, `${wrong}: ${JSON.stringify(problems)}`);
      assert.deepEqual(problems[0].range.start, { line: 1, character: offset }, `${wrong}: ${problems[0].message}`);
    }
  });
}
