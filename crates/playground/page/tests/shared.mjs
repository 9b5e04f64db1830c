// The browser that all tests use.

import { after } from "node:test";

import { start } from "./browser.mjs";

export const browser = await start();
after(() => browser.close());
