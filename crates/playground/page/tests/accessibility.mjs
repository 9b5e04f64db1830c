// axe finds nothing, in light and dark, wide and narrow. Takes screenshots of the same states.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";

import { open, require, settled, type } from "./browser.mjs";
import { browser } from "./shared.mjs";

const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const { examples } = JSON.parse(readFileSync(join(process.env.PLAYGROUND, "examples.json"), "utf8"));
const folder = process.env.SCREENSHOTS;

/** Chooses the example whose title contains this. */
const choose = async (page, filter, title) => {
  await page.select("#filter", filter);
  await settled(page);
  const at = examples.findIndex((example) => example.filter === filter && example.title.includes(title));
  assert.ok(at >= 0, `no example is called ${title}`);
  await page.select("#example", String(at));
  await settled(page);
};

/** What the page shows. */
const STATES = {
  headers: (page) => choose(page, "add-header", "Remove the Server and X-Powered-By headers"),
  limited: async (page) => {
    await choose(page, "rate-limit", "Limit requests per IP address, IPv6 included");
    await page.click("#advance-clock");
    await settled(page);
    await page.click("#strip li:nth-child(6) button");
  },
  redirect: (page) => choose(page, "path-rewrite", "Redirect HTTP to HTTPS"),
  connection: (page) =>
    choose(page, "tcp-prepend", "Client addresses for HAProxy (PROXY protocol, version 2) with the TLS server name"),
  refused: async (page) => {
    await page.select("#filter", "add-header");
    await settled(page);
    await type(page, "#editor .cm-content", 'response:\n  - {name: "x y", value: "1"}');
    await page.waitForSelector("#editor .cm-lintRange-error");
  },
  completion: async (page) => {
    await type(page, "#editor .cm-content", "response:\n  - name: a\n    ");
    await page.keyboard.down("Control");
    await page.keyboard.press("Space");
    await page.keyboard.up("Control");
    await page.waitForSelector(".cm-tooltip-autocomplete li");
  },
};

mkdirSync(folder, { recursive: true });
const LOOKS = [
  ["light", "wide", 1280],
  ["dark", "narrow", 320],
  ["light", "narrow", 320],
  ["dark", "wide", 1280],
];
for (const [scheme, size, width] of LOOKS.slice(0, process.env.SHORT ? 2 : 4)) {
  test(`axe has nothing against the page, ${scheme} and ${size}`, async () => {
    const { page, close } = await open(browser, { scheme, width });
    for (const [name, prepare] of Object.entries(STATES)) {
      await prepare(page);
      await page.screenshot({ path: join(folder, `playground-${name}-${size}-${scheme}.png`), fullPage: true });
      await page.evaluate(AXE);
      const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
      const found = violations.map(
        ({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html}\n${failureSummary}`).join("\n")}`,
      );
      assert.deepEqual(found, [], name);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(overflow <= 0, `${name} is ${overflow} px too wide`);
    }
    await close();
  });
}
