// The examples that the page offers: the cookbook's, and for a filter that has none there, its README's.

import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { fieldsOf } from "./src/trial.js";

const COOKBOOK = "crates/book/cookbook";

/** Returns a filter's examples, those of a topic together: `{title, topic, filter, about, state}`. */
export function examplesOf(root, filter, isTcp, yaml) {
  const cookbook = jobs(root, yaml).filter((job) => job.filter === filter);
  const inOrder = (a, b) => `${a.topic} ${a.title}`.localeCompare(`${b.topic} ${b.title}`);
  return cookbook.length > 0 ? cookbook.map((job) => example(job, isTcp)).sort(inOrder) : fromReadme(root, filter);
}

function jobs(root, yaml) {
  const folder = join(root, COOKBOOK);
  if (!existsSync(folder)) {
    return [];
  }
  const files = readdirSync(folder)
    .filter((file) => file.endsWith(".yaml"))
    .sort();
  return files.map((file) => {
    const text = readFileSync(join(folder, file), "utf8");
    const document = yaml.parseDocument(text);
    return { ...document.toJS(), configurationText: source(text, document.get("configuration", true)) };
  });
}

/** Returns the lines of a block as they are in the file, without their indentation. */
function source(text, { range: [from, to] }) {
  const start = text.lastIndexOf("\n", from - 1) + 1;
  const indentation = text.slice(start, from);
  const lines = text.slice(start, to).trimEnd().split("\n");
  return lines
    .map((line) => (/^\s*$/.test(indentation) && line.startsWith(indentation) ? line.slice(indentation.length) : line))
    .join("\n");
}

function example({ title, topic, about, filter, configurationText, exchanges: [first] }, isTcp) {
  const { request, upstream, repeat = 1, advance } = first;
  const traffic = isTcp ? { tcp: { client: [first.tcp.send], upstream: ["welcome\n"] } } : { request, upstream };
  // One more than is allowed shows the limit.
  const times = repeat > 1 ? repeat + 1 : 1;
  const state = {
    filter,
    configuration: configurationText,
    ...fieldsOf({ ...traffic, repeat: times, ...(advance && { advance }) }),
  };
  return { title, topic, filter, about: plain(about), state };
}

function fromReadme(root, filter) {
  const text = readFileSync(join(root, "filters", filter, "README.md"), "utf8");
  const blocks = [...text.matchAll(/^```json\n([^]*?)```/gm)].map(([, block]) => block.trimEnd());
  return blocks.map((configuration, index) => ({
    title: `From the README, ${index + 1}`,
    topic: "README",
    filter,
    about: "",
    state: { filter, configuration, ...fieldsOf({}) },
  }));
}

/** Returns Markdown as text. */
export function plain(markdown = "") {
  return markdown
    .replace(/`([^`]*)`/g, "$1")
    .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/\s+/g, " ")
    .trim();
}
