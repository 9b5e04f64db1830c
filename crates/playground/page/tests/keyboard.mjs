// Everything works from the keyboard, and the focus is visible.

import assert from "node:assert/strict";
import test from "node:test";

import { open, settled, text } from "./browser.mjs";
import { browser } from "./shared.mjs";

/** Presses Tab until an element has the focus, which must be visible at every stop. */
async function tabTo(page, selector) {
  for (let stop = 0; stop < 60; stop += 1) {
    await page.keyboard.press("Tab");
    const { isThere, isVisible, name } = await page.evaluate((wanted) => {
      const element = document.activeElement;
      const outlined = (candidate) => candidate !== null && getComputedStyle(candidate).outlineStyle !== "none";
      return {
        isThere: element.matches(wanted),
        isVisible: outlined(element) || outlined(element.closest("#editor")),
        name: element.id || element.className,
      };
    }, selector);
    assert.ok(isVisible, `the focus on ${name} is invisible`);
    if (isThere) {
      return;
    }
  }
  assert.fail(`Tab does not reach ${selector}`);
}

test("from a filter to a result without a mouse", async () => {
  const { page, errors, close } = await open(browser);
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Skip to the result");
  await tabTo(page, "#filter");
  await page.keyboard.type("rate");
  await settled(page);
  assert.equal(await page.$eval("#filter", (filter) => filter.value), "rate-limit");
  await tabTo(page, "#editor .cm-content");
  await page.keyboard.down("Control");
  await page.keyboard.press("a");
  await page.keyboard.up("Control");
  await page.keyboard.type("rules:\nname: all\nlimit: 1\nperiod: 1m");
  await page.keyboard.press("Escape");
  await settled(page);
  // The mistake: a list is missing.
  assert.match(await text(page, "#verdict"), /refuses/);
  await page.keyboard.down("Control");
  await page.keyboard.press("a");
  await page.keyboard.up("Control");
  await page.keyboard.sendCharacter("rules: [{name: all, key: [], limit: 1, period: 1m}]");
  await settled(page);
  await tabTo(page, "#path");
  // The focus selects the field's text.
  await page.keyboard.type("/a");
  await settled(page);
  await tabTo(page, "#repeat");
  await page.keyboard.type("1");
  await settled(page);
  await tabTo(page, "#advance-clock");
  await page.keyboard.press("Enter");
  await settled(page);
  await page.keyboard.press("Space");
  await settled(page);
  assert.equal(await text(page, "#verdict"), "3 requests: 200, 429 x2.");
  await tabTo(page, "#strip button");
  assert.equal(await page.evaluate(() => document.activeElement.ariaLabel), "Request 1: 200");
  await page.keyboard.press("Enter");
  assert.equal(await page.$eval("#strip button", (button) => button.ariaPressed), "true");
  assert.match(await text(page, "#exchange"), /^Request/);
  assert.deepEqual(errors, []);
  await close();
});

test("the result is announced", async () => {
  const { page, close } = await open(browser);
  const tree = await page.accessibility.snapshot({ interestingOnly: false });
  const roles = new Map();
  const visit = (node) => {
    roles.set(node.role, [...(roles.get(node.role) ?? []), node.name]);
    node.children?.forEach(visit);
  };
  visit(tree);
  for (const role of ["banner", "main", "contentinfo", "status"]) {
    assert.equal(roles.get(role)?.length >= 1, true, `${role} is missing: ${[...roles.keys()]}`);
  }
  for (const name of ["Configuration", "Path", "Headers", "Body", "Client address"]) {
    assert.ok(roles.get("textbox").includes(name), `no field is named ${name}`);
  }
  await close();
});
