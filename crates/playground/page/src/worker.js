// The thread in which filters run, so that one that loops does not freeze the page.

import { Machine } from "./machine.js";

const modules = new Map();

/** Fetches and compiles a module, once. */
function module(path) {
  if (!modules.has(path)) {
    modules.set(path, compile(path));
    modules.get(path).catch(() => modules.delete(path));
  }
  return modules.get(path);
}

async function compile(path) {
  // Relative to the page. Not every file server knows the media type that streaming asks for.
  const response = await fetch(new URL(path, self.location.href));
  if (!response.ok) {
    throw new Error(`${path} cannot be loaded: the server says ${response.status}`);
  }
  return WebAssembly.compile(await response.arrayBuffer());
}

self.addEventListener("message", async ({ data: { id, filter, trial } }) => {
  try {
    const [bridge, filters] = await Promise.all([module("playground.wasm"), module(`filters/${filter}.wasm`)]);
    // The time limit is that of the run alone.
    self.postMessage({ id, started: true });
    self.postMessage({ id, ...new Machine(bridge, filters).run(trial) });
  } catch (error) {
    const what = error instanceof WebAssembly.RuntimeError ? "the model failed: " : "";
    self.postMessage({ id, error: what + error.message });
  }
});
