// Filters that loop or trap do not take the page with them.

import assert from "node:assert/strict";
import test from "node:test";

import { open, settled, text, type } from "./browser.mjs";
import { browser } from "./shared.mjs";

/** Returns a module that exports nothing but `proxy_on_request_headers`, with this body. */
function module(body) {
  const name = [..."proxy_on_request_headers"].map((character) => character.charCodeAt(0));
  const code = [1, body.length + 1, 0, ...body];
  return new Uint8Array([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...[1, 7, 1, 0x60, 3, 0x7f, 0x7f, 0x7f, 0],
    ...[3, 2, 1, 0],
    ...[5, 3, 1, 0, 1],
    ...[
      7,
      name.length + 10,
      2,
      name.length,
      ...name,
      0,
      0,
      6,
      ...[..."memory"].map((character) => character.charCodeAt(0)),
      2,
      0,
    ].map((byte, at) => (at === 1 ? name.length + 13 : byte)),
    ...[10, code.length, ...code],
  ]);
}

const LOOPS = module([0x03, 0x40, 0x0c, 0, 0x0b, 0x0b]);
const TRAPS = module([0x00, 0x0b]);

test("a filter that loops is stopped, and the page goes on", async () => {
  browser.replace("filters/add-header.wasm", LOOPS);
  const { page, close } = await open(browser, { wait: false });
  await page.waitForFunction(() => document.body.dataset.state === "wrong", { timeout: 15_000 });
  assert.match(await text(page, "#verdict"), /^stopped: the filter was still running after 5 s/);
  browser.replace("filters/add-header.wasm", undefined);
  await type(page, "#path", "/again");
  assert.equal(await text(page, "#verdict"), "Status 200.");
  // The browser gives the one that looped some time to end.
  for (let waited = 0; page.workers().length > 1 && waited < 5000; waited += 100) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.equal(page.workers().length, 1);
  await close();
});

test("a filter that traps fails its requests, and the log says so", async () => {
  browser.replace("filters/add-header.wasm", TRAPS);
  const { page, close } = await open(browser);
  await settled(page);
  assert.equal(await text(page, "#verdict"), "The filter panicked: see the log. Status 503.");
  assert.match(await text(page, "#log"), /critical the module trapped: unreachable/);
  browser.replace("filters/add-header.wasm", undefined);
  await close();
});

test("a worker that does not start is named, and the next one is tried", async () => {
  browser.replace("worker.js", new TextEncoder().encode("throw new Error('broken')"));
  const { page, close } = await open(browser);
  assert.match(await text(page, "#verdict"), /^the worker failed: .*broken/);
  browser.replace("worker.js", undefined);
  await type(page, "#path", "/again");
  assert.equal(await text(page, "#verdict"), "Status 200.");
  await close();
});

test("a part of the page that cannot be loaded is named", async () => {
  for (const file of ["examples.json", "schemas/add-header.json"]) {
    browser.replace(file, null);
    const { page, close } = await open(browser, { wait: false });
    await page.waitForFunction((name) => document.getElementById("verdict").innerText.includes(name), {}, file);
    browser.replace(file, undefined);
    await close();
  }
  browser.replace("filters/add-header.wasm", null);
  const { page, close } = await open(browser);
  assert.equal(await text(page, "#verdict"), "filters/add-header.wasm cannot be loaded: the server says 404");
  browser.replace("filters/add-header.wasm", undefined);
  await close();
});
