// The editor: refusals have their place, and the schema completes.

import assert from "node:assert/strict";
import test from "node:test";

import { open, settled, text, type } from "./browser.mjs";
import { browser } from "./shared.mjs";

const EDITOR = "#editor .cm-content";

/** A wrong configuration of each filter, what the filter says, and what the editor marks. */
const WRONG = [
  [
    "add-header",
    'response:\n  - {name: "x y", value: "1"}',
    "response[0].name: `x y` is not a header name",
    'name: "x y"',
  ],
  ["add-header", "request: []\nresponse:\n  - name: a", "response[0].value: missing", "name: a"],
  ["path-rewrite", 'rules:\n  - regex: "("\n    replace: /', "rules[0].regex: ", 'regex: "("'],
  ["rate-limit", "rules:\n  - {limit: 1, period: 1x}", "rules[0].period: ", "period: 1x"],
  ["tcp-prepend", "to_upstream:\n  payload:\n    txt: hi", "to_upstream.payload.txt: unknown field", "txt: hi"],
];

for (const [filter, configuration, message, marked] of WRONG) {
  test(`a refusal of ${filter} has its place in the editor`, async () => {
    const { page, errors, close } = await open(browser);
    await page.select("#filter", filter);
    await settled(page);
    await type(page, EDITOR, configuration);
    const verdict = await text(page, "#verdict");
    assert.ok(verdict.startsWith(`The filter refuses this configuration. ${message}`), verdict);
    await page.waitForSelector("#editor .cm-lintRange-error");
    const marks = await page.$$eval("#editor .cm-lintRange-error", (elements) =>
      elements.map((element) => element.textContent).join(""),
    );
    assert.ok(marks.includes(marked), `${marks} is marked`);
    await page.click("#verdict button");
    const selected = await page.evaluate(() => getSelection().toString());
    assert.ok(selected.includes(marked), `${selected} is selected`);
    assert.deepEqual(errors, []);
    await close();
  });
}

test("mistakes of JSON and of YAML have their place", async () => {
  const { page, close } = await open(browser);
  const marks = () =>
    page.$$eval("#editor .cm-lintRange-error", (elements) => elements.map((element) => element.textContent).join(""));
  await type(page, EDITOR, '{"response": [\n  {"name": "a" "value": "b"}]}');
  assert.match(await text(page, "#verdict"), /^The filter refuses this configuration\. not valid JSON/);
  await page.waitForFunction(() => document.querySelector("#editor .cm-lintRange-error")?.textContent === '"');
  await type(page, EDITOR, "response: [");
  assert.match(await text(page, "#verdict"), /^not YAML: .*, at line 1, column 11/);
  assert.equal(await page.$eval("#result", (result) => result.classList.contains("stale")), true);
  await page.waitForSelector("#editor .cm-lintRange-error");
  assert.notEqual(await marks(), "");
  await close();
});

test("text that is neither JSON nor YAML's lists and fields reaches the filter as it is", async () => {
  const { page, close } = await open(browser);
  await type(page, EDITOR, "world!");
  assert.match(await text(page, "#exchange"), /\+\s*added:\s*hello: world!/);
  await close();
});

test("the schema completes names and values, in YAML and JSON", async () => {
  const { page, close } = await open(browser);
  const complete = async (before) => {
    await type(page, EDITOR, before);
    await page.keyboard.down("Control");
    await page.keyboard.press("Space");
    await page.keyboard.up("Control");
    await page.waitForSelector(".cm-tooltip-autocomplete li");
    return page.$$eval(".cm-tooltip-autocomplete li", (items) => items.map((item) => item.innerText));
  };
  const accept = async () => {
    // The editor ignores keys for a moment after it has opened the list.
    await new Promise((resolve) => setTimeout(resolve, 150));
    await page.keyboard.press("Enter");
    await settled(page);
    return page.$$eval("#editor .cm-line", (lines) =>
      lines.map((line) => line.innerText.replace(/\n$/, "")).join("\n"),
    );
  };
  assert.ok((await complete("")).includes("response"));
  assert.deepEqual(await complete("resp"), ["response", "response_trailers"]);
  assert.equal(await accept(), "response: \n  - ");
  const fields = await complete("response:\n  - name: a\n    ");
  assert.ok(fields.includes("action") && !fields.includes("name"), fields.join());
  assert.deepEqual(await complete("response:\n  - name: a\n    action: set"), ["set", "set_if_absent"]);
  assert.equal(await accept(), "response:\n  - name: a\n    action: set");
  assert.deepEqual(await complete('{"response": [{"ac'), ["action"]);
  assert.equal(await accept(), '{"response": [{"action": ""');
  assert.ok((await complete('{"response": [{"action": "')).includes("set"));
  // What the selected value means.
  await page.waitForSelector(".cm-completionInfo");
  assert.notEqual(await text(page, ".cm-completionInfo"), "");
  await close();
});

test("the schema marks what it does not know", async () => {
  const { page, close } = await open(browser);
  await type(page, EDITOR, "respons: []");
  await page.waitForSelector("#editor .cm-lintRange-warning, #editor .cm-lintRange-error");
  await page.hover("#editor .cm-lintRange");
  await page.waitForSelector(".cm-diagnostic");
  const marks = await page.$$eval(".cm-diagnostic", (all) => all.map((each) => each.innerText).join("\n"));
  assert.match(marks, /not allowed/);
  assert.match(marks, /did you mean `response`/);
  await close();
});

test("a field has a description", async () => {
  const { page, close } = await open(browser);
  await type(page, EDITOR, "response:\n  - {name: a, action: set, value: b}");
  const fields = await page.$$("#editor .tok-propertyName");
  await fields[2].hover();
  await page.waitForSelector("#editor .description");
  assert.match(await text(page, "#editor .description"), /^What to do with the header\./);
  await close();
});

test("a configuration converts between JSON and YAML", async () => {
  const { page, close } = await open(browser);
  const content = () =>
    page.$$eval("#editor .cm-line", (lines) => lines.map((line) => line.innerText.replace(/\n$/, "")).join("\n"));
  await type(page, EDITOR, 'response:\n  - {name: a, value: "1"} # why\n');
  assert.equal(await text(page, "#convert"), "Convert to JSON");
  await page.click("#convert");
  await page.waitForFunction(() => document.getElementById("convert").innerText === "Convert to YAML");
  assert.deepEqual(JSON.parse(await content()), { response: [{ name: "a", value: "1" }] });
  await page.click("#convert");
  await settled(page);
  assert.equal(await content(), 'response:\n  - name: a\n    value: "1"');
  await close();
});
