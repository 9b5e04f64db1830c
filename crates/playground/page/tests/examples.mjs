// Every example runs, and the page shows what its report says.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";

import { open, settled, text, type } from "./browser.mjs";
import { browser, ran } from "./shared.mjs";

/** Whether to run one example of each topic. */
const isShort = process.env.SHORT !== undefined;

const { filters, examples } = JSON.parse(readFileSync(join(process.env.PLAYGROUND, "examples.json"), "utf8"));

test("every filter has examples, and the page shows the report of each", async () => {
  const { page, errors, close } = await open(browser);
  const before = ran.length;
  for (const { name } of filters) {
    await page.select("#filter", name);
    await settled(page);
    const own = examples.map((example, at) => ({ ...example, at })).filter(({ filter }) => filter === name);
    assert.ok(own.length > 0, `${name} has no examples`);
    for (const { title, at } of isShort ? own.filter(({ topic }, index) => topic !== own[index - 1]?.topic) : own) {
      await page.select("#example", String(at));
      await settled(page);
      const { filter, trial, ...answer } = await page.evaluate(() => window.trials.at(-1));
      const { report, error } = answer;
      assert.equal(error, undefined, title);
      assert.equal(report.refused, undefined, `${title}: ${JSON.stringify(report.refused)}`);
      assert.deepEqual(await shown(page), expected(report), title);
      // What the schema or YAML has against it.
      assert.equal(await page.$("#editor .cm-lintRange"), null, title);
      ran.push({ title, filter, trial, answer });
    }
  }
  assert.deepEqual(errors, []);
  assert.ok(isShort || ran.length - before === examples.length);
  await close();
});

test("a limit shows as a series, and each of its exchanges can be selected", async () => {
  const { page, close } = await open(browser);
  const at = examples.findIndex(({ title }) => title === "Limit requests per IP address, IPv6 included");
  await page.select("#filter", "rate-limit");
  await page.select("#example", String(at));
  await settled(page);
  assert.equal(await text(page, "#verdict"), "6 requests: 200 x5, 429.");
  const labels = await page.$$eval("#strip button", (buttons) => buttons.map((button) => button.innerText));
  assert.deepEqual(labels, ["200", "200", "200", "200", "200", "429"]);
  // The first that differs is selected.
  const limited = /Request which did not reach the upstream[^]*Reply of the filter[^]*retry-after: 12/;
  assert.match(await text(page, "#exchange"), limited);
  await page.click("#strip li:first-child button");
  assert.match(await text(page, "#exchange"), /Response/);
  // What the user selects stays selected.
  await type(page, "#repeat", "7");
  assert.match(await text(page, "#exchange"), /Response/);
  await page.select("#example", String(at));
  await settled(page);
  assert.match(await text(page, "#exchange"), limited);
  assert.match(await text(page, "#counters"), /rate_limit_limited\{rule="per-ip"\}\s+1/);
  await close();
});

test("many equal results are shown when asked for", async () => {
  const { page, close } = await open(browser);
  await page.select("#filter", "rate-limit");
  await settled(page);
  await type(page, "#editor .cm-content", "rules: [{name: all, key: [], limit: 30, period: 60s}]");
  await type(page, "#repeat", "31");
  const labels = () => page.$$eval("#strip button", (buttons) => buttons.map((button) => button.innerText));
  assert.deepEqual(await labels(), ["200", "… 28 more", "200", "429"]);
  await page.click("#strip .more");
  assert.deepEqual(await labels(), [...Array(30).fill("200"), "429"]);
  assert.equal(await page.evaluate(() => document.activeElement.ariaLabel), "Request 2: 200");
  await close();
});

test("the clock steps, and the state of the filter is kept", async () => {
  const { page, close } = await open(browser);
  const at = examples.findIndex(({ title }) => title === "Limit requests per IP address, IPv6 included");
  await page.select("#filter", "rate-limit");
  await page.select("#example", String(at));
  await settled(page);
  const labels = () => page.$$eval("#strip li", (items) => items.map((item) => item.innerText).slice(5));
  await page.click("#advance-clock");
  await settled(page);
  assert.deepEqual(await labels(), ["429", "+10s", "429"]);
  await page.click("#advance-clock");
  await settled(page);
  // One token every 12 seconds.
  assert.deepEqual(await labels(), ["429", "+10s", "429", "+10s", "200"]);
  await page.click("#reset-clock");
  await settled(page);
  assert.deepEqual(await labels(), ["429"]);
  await close();
});

/** Returns the lines that the page shows of the last exchange or connection, without those that the filter removed. */
async function shown(page) {
  const buttons = await page.$$("#strip button");
  await buttons.at(-1)?.click();
  const lists = await page.$$eval("#exchange .lines", (lists) =>
    lists.map((list) =>
      [...list.querySelectorAll("li:not(.removed)")].map(
        (line) => (line.querySelector("ins") ?? line.querySelector("span:not(.mark)")).textContent,
      ),
    ),
  );
  if (!(await page.$("#connection-title:not([hidden] *)"))) return lists;
  // A closed connection passes no bytes on.
  return lists.map((lines) => lines.join("")).filter((side) => side !== "");
}

/** Returns what a report has of it. */
function expected({ exchanges, connections }) {
  const lines = ({ status, headers, body, trailers }) => [
    ...(status === undefined ? [] : [`:status: ${status}`]),
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...(body === "" ? [] : ["", ...body.replace(/\n$/, "").split("\n")]),
    ...trailers.map(([name, value]) => `trailer ${name}: ${value}`),
  ];
  if (exchanges) {
    const { request, response } = exchanges.at(-1);
    return [lines(request.after ?? request.before), lines(response.after)];
  }
  const { to_upstream, to_client } = connections.at(-1);
  const bytes = (value) => (typeof value === "string" ? [...new TextEncoder().encode(value)] : value);
  const escapes = { 9: "\\t", 10: "\\n", 13: "\\r", 92: "\\\\" };
  const escaped = (byte) =>
    escapes[byte] ??
    (byte < 0x20 || byte > 0x7e ? `\\x${byte.toString(16).padStart(2, "0")}` : String.fromCharCode(byte));
  // The page has what a filter put before the bytes on lines of its own.
  return [to_upstream.after, to_client.after]
    .map((side) => bytes(side).map(escaped).join(""))
    .filter((side) => side !== "");
}
