// The browser that all tests use, and what they ran in it.

import { writeFileSync } from "node:fs";
import { after } from "node:test";

import { start } from "./browser.mjs";

export const browser = await start();

/** Trials and their answers. The caller compares them with those of `try`. */
export const ran = [];

after(async () => {
  await browser.close();
  if (process.env.RAN) {
    writeFileSync(process.env.RAN, JSON.stringify(ran));
  }
});
