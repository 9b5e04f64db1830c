// Builds the page: `node build.mjs OUTPUT`. OUTPUT has the modules already. The environment variable NPM_MODULES names the
// folder of the npm packages.

import { copyFileSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

import { examplesOf, plain } from "./examples.mjs";

const page = dirname(fileURLToPath(import.meta.url));
const root = join(page, "../../..");
const [output] = process.argv.slice(2);
const modules = process.env.NPM_MODULES;
const require = createRequire(join(modules, "here"));

const { build } = require("esbuild");
await build({
  entryPoints: [join(page, "src/main.js"), join(page, "src/worker.js")],
  outdir: output,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  nodePaths: [modules],
  // The bundles contain other people's work.
  legalComments: "linked",
  logLevel: "warning",
});
for (const file of ["index.html", "style.css"]) {
  copyFileSync(join(page, file), join(output, file));
}

const filters = readdirSync(join(output, "filters"))
  .map((file) => basename(file, ".wasm"))
  .sort()
  .map(filterOf);
mkdirSync(join(output, "schemas"), { recursive: true });
for (const { name } of filters) {
  const schema = JSON.parse(readFileSync(join(root, "filters", name, "config.schema.json"), "utf8"));
  writeFileSync(join(output, "schemas", `${name}.json`), JSON.stringify(schema));
}
const examples = filters.flatMap(({ name, isTcp }) => examplesOf(root, name, isTcp, require("yaml")));
writeFileSync(join(output, "examples.json"), JSON.stringify({ filters, examples }));

console.log(`${examples.length} examples of ${filters.length} filters`);
printSizes();

/** Returns a filter's name, whether it works on TCP connections, and its first sentence. */
function filterOf(name) {
  const wasm = new WebAssembly.Module(readFileSync(join(output, "filters", `${name}.wasm`)));
  const isTcp = WebAssembly.Module.exports(wasm).some((each) => /^proxy_on_(down|up)stream_data$/.test(each.name));
  const [, about] = /^# .*\n\n([^]*?)\n\n/.exec(readFileSync(join(root, "filters", name, "README.md"), "utf8")) ?? [];
  return { name, isTcp, about: plain(about) };
}

/** Prints what the page loads, and its size as servers send it: compressed. */
function printSizes() {
  const files = [
    "index.html",
    "style.css",
    "main.js",
    "worker.js",
    "examples.json",
    "playground.wasm",
    ...filters.flatMap(({ name }) => [`schemas/${name}.json`, `filters/${name}.wasm`]),
  ];
  const kilobytes = (bytes) => `${Math.ceil(bytes / 1000)} KB`;
  for (const file of files) {
    const path = join(output, file);
    const compressed = gzipSync(readFileSync(path), { level: 9 }).length;
    console.log(
      `${file.padEnd(28)} ${kilobytes(statSync(path).size).padStart(7)}, compressed ${kilobytes(compressed).padStart(7)}`,
    );
  }
}
