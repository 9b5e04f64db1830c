// The address holds the state, and no request leaves the machine.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import test from "node:test";
import { deflateRawSync } from "node:zlib";

import { open, settled, text, type } from "./browser.mjs";
import { browser } from "./shared.mjs";

/** Returns the fragment of a state. */
function link(json) {
  return `#1.${deflateRawSync(json).toString("base64url")}`;
}

/** Sets a field to a text that is too long to be typed. */
async function fill(page, selector, text) {
  await page.$eval(
    selector,
    (field, value) => {
      field.value = value;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    },
    text,
  );
  await settled(page);
}

const fields = (page) =>
  page.$$eval("[name]:not(meta)", (all) => Object.fromEntries(all.map((field) => [field.name, field.value])));

test("a link restores everything", async () => {
  const first = await open(browser);
  await first.page.select("#filter", "rate-limit");
  await settled(first.page);
  await type(first.page, "#editor .cm-content", "rules:\n  - {name: zoë, limit: 1, period: 20s, key: [{header: x-a}]}");
  for (const [name, value] of [
    ["method", "PUT"],
    ["path", "/a?b=ü"],
    ["from", "2001:db8::1"],
    ["headers", "x-a: 1\nhost: b.example"],
    ["body", "two\nlines"],
    ["status", "201"],
    ["upstreamHeaders", "x-up: 1"],
    ["upstreamBody", "made"],
    ["repeat", "3"],
    ["advance", "5s"],
    ["step", "20s"],
  ]) {
    await type(first.page, `#${name}`, value);
  }
  await first.page.click("#advance-clock");
  await settled(first.page);
  await settled(first.page);
  await first.page.waitForFunction(
    () => document.querySelectorAll("#strip button").length === 4 || document.querySelector("#verdict.wrong"),
  );
  const verdict = await text(first.page, "#verdict");
  const hash = await first.page.evaluate(() => location.hash);
  const second = await open(browser, { fragment: hash });
  assert.deepEqual(await fields(second.page), await fields(first.page));
  assert.equal(await text(second.page, "#verdict"), verdict);
  assert.equal(await text(second.page, "#strip"), await text(first.page, "#strip"));
  assert.equal(await second.page.evaluate(() => location.hash), hash);
  await Promise.all([first.close(), second.close()]);
});

test("a wrong link is an error until something changes, and a link of another state is shown at once", async () => {
  const unknown = deflateRawSync(JSON.stringify({ filter: "no-filter" })).toString("base64url");
  for (const [fragment, message] of [
    [`#1.${unknown}`, "this link is for a filter that this page does not have: no-filter"],
    ["#1.AAAA", "the link is damaged: copy it again, as a whole"],
  ]) {
    const { page, close } = await open(browser, { fragment });
    // Longer than the page waits before it runs what is in the fields.
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.equal(await text(page, "#verdict"), message);
    assert.equal(await page.$eval("#example", (example) => example.value), "0");
    await close();
  }
  const { page, close } = await open(browser, { fragment: "#1.AAAA" });
  const other = await open(browser);
  await type(other.page, "#path", "/other");
  const hash = await other.page.evaluate(() => location.hash);
  await page.evaluate((fragment) => (location.hash = fragment), hash);
  await page.waitForFunction(() => document.getElementById("path").value === "/other");
  await Promise.all([close(), other.close()]);
});

test("a link with large bodies is restored, and one that would be too large is not made", async () => {
  const { page, errors, close } = await open(browser);
  // It does not compress well.
  const body = randomBytes(150_000).toString("hex");
  await fill(page, "#body", body);
  await page.waitForFunction(() => location.hash.length > 150_000);
  const second = await open(browser, { fragment: await page.evaluate(() => location.hash) });
  assert.equal(await second.page.$eval("#body", (field) => field.value), body);
  assert.equal(await text(second.page, "#verdict"), "Status 200.");
  await fill(page, "#body", "a".repeat(600_000));
  await page.waitForFunction(() => location.hash === "");
  assert.equal(await text(page, "#verdict"), "Status 200.");
  await page.click("#share");
  await page.waitForFunction(() => document.getElementById("shared").innerText !== "");
  assert.equal(await text(page, "#shared"), "A link holds at most 500 KB: shorten the bodies.");
  assert.deepEqual([...errors, ...second.errors], []);
  await Promise.all([close(), second.close()]);
});

test("a link that holds too much is an error that says so, at once", async () => {
  const began = performance.now();
  const { page, close } = await open(browser, { fragment: link(`{"body": "${"a".repeat(200_000_000)}"}`) });
  assert.equal(await text(page, "#verdict"), "the link holds more than 500 KB, the most that this page reads from one");
  assert.ok(performance.now() - began < 10_000);
  await close();
});

test("a link's values of another type are ignored", async () => {
  for (const state of [{ steps: [1] }, { services: [1] }, { steps: {} }, { repeat: "2" }, { path: null }, null, []]) {
    const { page, errors, close } = await open(browser, { fragment: link(JSON.stringify(state)) });
    assert.equal(await text(page, "#verdict"), "Status 200.", JSON.stringify(state));
    assert.deepEqual(errors, []);
    await close();
  }
});

test("all requests stay on this machine", async () => {
  const { page, requests, errors, close } = await open(browser);
  await page.select("#filter", "tcp-prepend");
  await settled(page);
  assert.ok(
    requests.some((url) => url.endsWith("/main.js")),
    requests.join("\n"),
  );
  for (const url of requests) {
    assert.ok(url.startsWith(browser.url) || url.startsWith("data:"), url);
  }
  // The page's policy forbids others: a refused request is an error.
  await page.evaluate(() => fetch("http://127.0.0.2:9/").catch(() => {}));
  assert.match(errors.join("\n"), /Content Security Policy/);
  await close();
});

test("a URL sets scheme, host and path", async () => {
  const { page, close } = await open(browser);
  await type(page, "#headers", "");
  await type(page, "#path", "https://b.example:8443/x?y#z");
  const exchange = await text(page, "#exchange");
  for (const line of [":scheme: https", ":authority: b.example:8443", ":path: /x?y"]) {
    assert.ok(
      exchange.split("\n").some((each) => each.trim() === line),
      exchange,
    );
  }
  await close();
});

test("wrong fields are named", async () => {
  const { page, close } = await open(browser);
  for (const [field, value, message] of [
    ["path", "/a b", "Path: no client sends a space in it: write `%20`"],
    [
      "path",
      "a.example/x",
      "Path: write a path, which begins with `/`, or a URL such as https://a.example/, not `a.example/x`",
    ],
    ["method", "GET /", "Method: `GET /` is not a method"],
    ["headers", "x a: 1", "Request headers: `x a` is not a header name"],
    ["headers", "x-a", "Request headers: write `name: value` in each line, not `x-a`"],
    ["status", "99", "Upstream status: give a whole number from 100 to 599"],
    ["repeat", "0", "Repeat: give a whole number from 1 to 500"],
    ["advance", "10", "Pause between requests: write a whole number and ms, s, m, h or d, such as 10s"],
    ["from", "here", "Client address: "],
  ]) {
    const before = await page.$eval(`#${field}`, (element) => element.value);
    await type(page, `#${field}`, value);
    const verdict = await text(page, "#verdict");
    assert.ok(verdict.startsWith(message), verdict);
    await type(page, `#${field}`, before);
  }
  await close();
});
