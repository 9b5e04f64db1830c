// Builds the page: `node build.mjs OUTPUT`. OUTPUT has the modules already. The environment variable NPM_MODULES names the
// folder of the npm packages.

import { copyFileSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
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
const { metafile } = await build({
  entryPoints: [
    join(page, "src/main.js"),
    join(page, "src/worker.js"),
    { in: join(page, "src/style/index.css"), out: "style" },
  ],
  outdir: output,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  nodePaths: [modules],
  legalComments: "none",
  metafile: true,
  logLevel: "warning",
});
copyFileSync(join(page, "index.html"), join(output, "index.html"));

writeFileSync(join(output, "licenses.txt"), licenses(Object.keys(metafile.inputs)));

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
const [, version] = /^version = "(.*)"$/m.exec(readFileSync(join(root, "Cargo.toml"), "utf8"));
writeFileSync(join(output, "examples.json"), JSON.stringify({ version, filters, examples }));

console.log(`${examples.length} examples of ${filters.length} filters`);
printSizes();

/** Returns the names, versions and licenses of the packages that the bundles contain, given the files that they are made of. */
function licenses(files) {
  const names = files.map((file) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1]).filter(Boolean);
  const texts = [...new Set(names)].sort().map((name) => {
    const folder = join(modules, name);
    const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
    return `${name} ${version}, ${license}\n\n${file ? readFileSync(join(folder, file), "utf8").trim() : "The package has no text of it."}\n`;
  });
  return texts.join(`\n${"-".repeat(80)}\n\n`);
}

/** Returns a filter's name, whether it works on TCP connections, and its first sentence. */
function filterOf(name) {
  const wasm = new WebAssembly.Module(readFileSync(join(output, "filters", `${name}.wasm`)));
  const isTcp = WebAssembly.Module.exports(wasm).some((each) =>
    /^proxy_on_(new_connection|(down|up)stream_data)$/.test(each.name),
  );
  const [, about] = /^# .*\n\n([^]*?)\n\n/.exec(readFileSync(join(root, "filters", name, "README.md"), "utf8")) ?? [];
  return { name, isTcp, about: plain(about) };
}

/** Prints what the page loads, and its size as servers send it: compressed. */
function printSizes() {
  const page = ["index.html", "style.css", "main.js", "worker.js", "examples.json", "playground.wasm"];
  const ofFilter = (name) => [`filters/${name}.wasm`, `schemas/${name}.json`];
  const compressed = (file) => gzipSync(readFileSync(join(output, file)), { level: 9 }).length;
  const sum = (files) => files.reduce((size, file) => size + compressed(file), 0);
  const line = (what, size) =>
    console.log(`${what.padEnd(24)} ${String(Math.ceil(size / 1000)).padStart(5)} KB compressed`);
  page.forEach((file) => line(file, compressed(file)));
  filters.forEach(({ name }) => line(name, sum(ofFilter(name))));
  line("page and first filter", sum([...page, ...ofFilter(filters[0].name)]));
}
