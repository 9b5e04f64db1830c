// A headless browser with the built page. The environment variables NPM_MODULES, PLAYGROUND and CHROMIUM name the npm
// packages, the folder of the built page and the browser.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { extname, join, normalize } from "node:path";

export const require = createRequire(join(process.env.NPM_MODULES, "here"));
const puppeteer = require("puppeteer-core");

/** As file servers send them; wasm as one that does not know it. */
const TYPES = { ".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".json": "application/json" };

/** Serves the page on loopback, below a path, and opens a browser. `replace` serves other bytes for a file, or none. */
export async function start() {
  const replaced = new Map();
  const replace = (file, bytes) => (bytes === undefined ? replaced.delete(file) : replaced.set(file, bytes));
  const server = createServer(async (request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, "http://a").pathname)).replace(/^\/a\/path\//, "");
    try {
      const file = path === "" ? "index.html" : path;
      const body = replaced.has(file) ? replaced.get(file) : await readFile(join(process.env.PLAYGROUND, file));
      if (body === null) {
        throw new Error("replaced by nothing");
      }
      response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream" }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const browser = await puppeteer.launch({
    executablePath: process.env.CHROMIUM,
    // Chromium's sandbox refuses to run as root. No requests of the browser's own.
    args: [
      "--no-sandbox",
      "--disable-background-networking",
      "--disable-component-update",
      "--no-first-run",
      "--disable-gpu",
    ],
  });
  const close = async () => {
    await browser.close();
    server.close();
  };
  return { browser, url: `http://127.0.0.1:${server.address().port}/a/path/`, replace, close };
}

/** Opens the page, and records its errors, its requests, and the trials and reports of its worker. */
export async function open(
  { browser, url },
  { fragment = "", scheme = "light", width = 1280, height = 900, wait = true } = {},
) {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const errors = [];
  const requests = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => ["error", "warn"].includes(message.type()) && errors.push(message.text()));
  page.on("request", (request) => requests.push(request.url()));
  await page.setViewport({ width, height });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  await page.evaluateOnNewDocument(() => {
    window.trials = [];
    const { Worker: Original } = window;
    window.Worker = class extends Original {
      constructor(...values) {
        super(...values);
        this.addEventListener("message", ({ data }) => {
          const trial = window.trials.find(({ id }) => id === data.id);
          Object.assign(trial, data);
        });
      }
      postMessage(message) {
        window.trials.push({ ...message });
        super.postMessage(message);
      }
    };
  });
  await page.goto(url + fragment);
  if (wait) {
    await settled(page);
  }
  return { page, errors, requests, close: () => context.close() };
}

/** Waits until the page has shown what its fields say. */
export async function settled(page) {
  await page.waitForFunction(() => document.body.dataset.state && document.body.dataset.state !== "busy");
}

/** Replaces the text of a field, as a user would type it, and waits for the result. */
export async function type(page, selector, text) {
  await page.focus(selector);
  await page.keyboard.down("Control");
  await page.keyboard.press("a");
  await page.keyboard.up("Control");
  await page.keyboard.press("Delete");
  // Not key by key: the editor closes brackets and indents.
  await page.keyboard.sendCharacter(text);
  await settled(page);
}

/** Returns the text that an element shows. */
export function text(page, selector) {
  return page.$eval(selector, (element) => element.innerText);
}
