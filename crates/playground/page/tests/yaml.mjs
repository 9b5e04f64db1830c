// A text means what it means in a file of `try`.

import assert from "node:assert/strict";
import test from "node:test";

import { open, text, type } from "./browser.mjs";
import { browser, ran } from "./shared.mjs";

const EDITOR = "#editor .cm-content";

/** Values that readers of YAML understand in different ways. */
const VALUES = [
  ...["yes", "y", "no", "on", "True", "null", "~", "''", "1e3", "1.10", "5.0", "017", "0o17", "0x1f", "1_000", "1:30"],
  ...[".inf", ".nan", "-0", "18446744073709551615", "!foo 5", "!!str 5", "!!binary aGk=", "2024-01-01", "=", "a # b"],
  ...["|\n    two\n    lines", ">-\n    two\n    lines", '"\\x41\\u00e9"', "&a b", "*a", "@a", "%a", "`a"],
];

/** Whole texts. */
const TEXTS = [
  ...["", "# only a comment", "null", "~", "---\n", "world!", "  world!\n", "5", "true", '"quoted"', "a\nb"],
  ...["response: [", "response:\n\t- a", "a: 1\na: 2", "a: 1\n---\nb: 2", "? a\n: 1", "1: a", "~: a", "[a]: b"],
  ...["é: 😀 [\n😀: [", "- a\nb", '{"a": 1,}', "[1, 2", "%YAML 1.2\n---\na: 1", "a: *b"],
  ...["b: &b {c: 1}\na:\n  <<: *b\n  d: 2", "a: &a [*a]"],
  "z: 1\na: 2",
];

test("the filter gets what it gets of the same file in `try`", async () => {
  const { page, errors, close } = await open(browser);
  for (const written of [...VALUES.map((value) => `response:\n- name: a\n  value: ${value}`), ...TEXTS]) {
    await type(page, EDITOR, written);
    const { filter, trial, ...answer } = await page.evaluate(() => window.trials.at(-1));
    // The caller compares the answer.
    assert.equal(trial.configuration, written);
    ran.push({ title: JSON.stringify(written), filter, trial, answer });
    if (answer.mistake) {
      const verdict = await text(page, "#verdict");
      assert.ok(verdict.startsWith(`not YAML: ${answer.mistake.message}`), verdict);
    }
  }
  assert.ok(ran.some(({ answer }) => answer.mistake) && ran.some(({ answer }) => answer.configuration));
  assert.deepEqual(errors, []);
  await close();
});

test("the conversion keeps what the filter gets", async () => {
  const { page, close } = await open(browser);
  const texts = [
    "yes",
    "y",
    "NO",
    "on",
    "null",
    "~",
    "1e3",
    "017",
    "0o17",
    "1_000",
    "1:30",
    ".inf",
    "-",
    "",
    " a",
    "a: b",
  ];
  const values = [...texts, "a #b", "*a", "!a", "<<", "=", "2024-01-01", "a\nb\n", "\té", 1, 1.5, true, null, [], {}];
  const configuration = { z: values, a: Object.fromEntries(texts.map((name) => [name, name])) };
  const json = JSON.stringify(configuration);
  await type(page, EDITOR, json);
  await page.click("#convert");
  await page.waitForFunction(() => window.trials.at(-1).trial.configuration.startsWith("z:"));
  const got = () => page.evaluate(() => window.trials.at(-1)?.configuration);
  await page.waitForFunction(() => window.trials.at(-1).report);
  assert.deepEqual(JSON.parse(await got()), configuration);
  await page.click("#convert");
  await page.waitForFunction(() => window.trials.at(-1).trial.configuration.startsWith("{"));
  await page.waitForFunction(() => window.trials.at(-1).report);
  assert.equal(JSON.stringify(JSON.parse(await got())), json);
  await type(page, EDITOR, "world!");
  await page.click("#convert");
  await page.waitForFunction(() =>
    document.getElementById("verdict").innerText.startsWith("This cannot be converted: "),
  );
  await close();
});
