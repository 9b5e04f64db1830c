// The page: reads what the user enters, runs it, and shows what happens.

import { Configuration, converted, formOf } from "./configuration.js";
import { Editor } from "./editor.js";
import { element } from "./element.js";
import { connection, counters, exchange, inWords, log, outcomes } from "./results.js";
import { Runner } from "./runner.js";
import { Schema } from "./schema.js";
import { DEFAULTS, fragmentOf, stateFrom, stateOf } from "./state.js";
import { Strip } from "./strip.js";
import { trialOf } from "./trial.js";

/** How long the page waits for the next key, in milliseconds. */
const PAUSE = 200;

const id = (name) => document.getElementById(name);
const FIELDS = [...document.querySelectorAll("[name]")].filter((field) => field.name in DEFAULTS);

// Also a part of the page that cannot be loaded.
addEventListener("unhandledrejection", ({ reason }) => refuse(reason.message));
addEventListener("error", ({ message }) => refuse(message));

const { version, filters, examples } = await json("examples.json");
id("version").textContent = `Version ${version}.`;
const runner = new Runner();
const schemas = new Map();
const strip = new Strip(id("strip"), select);
const editor = new Editor(id("editor"), "configuration-title", "editor-help", () => changed());

let state = stateFrom({});
let report;
let shown = 0;
let timer;
/** The fragment that the page itself wrote last. */
let written;

id("filter").replaceChildren(...filters.map(({ name }) => option({ value: name, title: name })));
id("filter").addEventListener("change", () => {
  const { value: filter } = id("filter");
  // A filter may have none.
  choose(examples.find((example) => example.filter === filter) ?? { state: { filter } });
});
id("example").addEventListener("change", () => choose(examples[Number(id("example").value)]));
id("form").addEventListener("submit", (event) => event.preventDefault());
FIELDS.forEach((field) => field.addEventListener("input", () => changed()));
id("convert").addEventListener("click", convert);
id("advance-clock").addEventListener("click", () => {
  state.steps.push(id("step").value.trim());
  changed({ showLast: true });
});
id("reset-clock").addEventListener("click", () => {
  state.steps = [];
  changed();
  id("advance-clock").focus();
});
id("share").addEventListener("click", share);
addEventListener("hashchange", () => location.hash !== written && restore());
await restore();

async function json(path) {
  const response = await fetch(path);
  if (!response.ok) {
    throw new Error(`${path} cannot be loaded: the server says ${response.status}`);
  }
  return response.json();
}

/** Takes the state of the address, or the first example. */
async function restore() {
  try {
    const restored = await stateOf(location.hash);
    if (restored && filters.some(({ name }) => name === restored.filter)) {
      await show(restored);
      return;
    }
    choose(examples[0]);
  } catch (error) {
    await choose(examples[0]);
    refuse(error.message);
  }
}

function choose(example) {
  return show(stateFrom(example.state));
}

/** Shows a state in all fields, and runs it. */
async function show(next) {
  state = { ...next, steps: [...next.steps] };
  FIELDS.forEach((field) => (field.value = state[field.name]));
  id("filter").value = state.filter;
  const { isTcp } = filter();
  document.querySelectorAll(".http").forEach((card) => (card.hidden = isTcp));
  document.querySelectorAll(".tcp").forEach((card) => (card.hidden = !isTcp));
  editor.refusal = undefined;
  editor.text = state.configuration;
  shown = 0;
  changed();
  await schema();
}

function filter() {
  return filters.find(({ name }) => name === state.filter);
}

async function schema() {
  const { filter: name } = state;
  if (!schemas.has(name)) {
    schemas.set(name, new Schema(await json(`schemas/${name}.json`)));
  }
  if (name === state.filter) {
    editor.schema = schemas.get(name);
  }
}

/** Takes what the user entered, and runs it after a pause. */
function changed({ showLast = false } = {}) {
  FIELDS.forEach(
    (field) => (state[field.name] = typeof DEFAULTS[field.name] === "number" ? toNumber(field.value) : field.value),
  );
  state.configuration = editor.text;
  offerExamples();
  id("convert").textContent = formOf(state.configuration) === "JSON" ? "Convert to YAML" : "Convert to JSON";
  id("reset-clock").hidden = state.steps.length === 0;
  clearTimeout(timer);
  document.body.dataset.state = "busy";
  timer = setTimeout(() => run(showLast), PAUSE);
}

function toNumber(text) {
  return text.trim() === "" ? Number.NaN : Number(text);
}

/** Lists the filter's examples. The first entry says if the state is none of them. */
function offerExamples() {
  const current = JSON.stringify(comparable(state));
  const index = examples.findIndex((example) => JSON.stringify(comparable(stateFrom(example.state))) === current);
  const own = examples
    .map((example, at) => ({ ...example, value: String(at) }))
    .filter((each) => each.filter === state.filter);
  const topics = Map.groupBy(own, ({ topic }) => topic);
  const groups = [...topics].map(([topic, jobs]) => element("optgroup", { label: topic }, ...jobs.map(option)));
  id("example").replaceChildren(...(index < 0 ? [option({ value: "", title: "your own" })] : []), ...groups);
  id("example").value = index < 0 ? "" : String(index);
  id("about").textContent = examples[index]?.about || filter().about;
}

function comparable({ steps: _steps, step: _step, ...rest }) {
  return rest;
}

function option({ value, title }) {
  return element("option", { value }, title);
}

async function run(showLast) {
  writeAddress();
  const configuration = new Configuration(state.configuration);
  if (configuration.bytes === undefined) {
    const [{ message, ...area }] = configuration.mistakes;
    editor.refusal = undefined;
    refuse(`The YAML cannot be read: ${message}`, area);
    return;
  }
  let trial;
  try {
    trial = trialOf(state, configuration.bytes, filter().isTcp);
  } catch (error) {
    refuse(error.message);
    return;
  }
  try {
    const next = await runner.run(state.filter, trial);
    if (next !== undefined) {
      present(next, trial, configuration, showLast);
    }
  } catch (error) {
    refuse(error.message);
  }
}

/** Shows a report. */
function present(next, trial, configuration, showLast) {
  report = next;
  const list = outcomes(report);
  shown = showLast ? list.length - 1 : Math.min(shown, Math.max(list.length - 1, 0));
  id("result").classList.remove("stale");
  const { refused } = report;
  if (refused) {
    const area = configuration.area(refused);
    editor.refusal = {
      ...(area ?? { from: 0, to: state.configuration.split("\n")[0].length }),
      message: refused.message,
    };
    verdict(
      "wrong",
      element("strong", {}, "The filter refuses this configuration."),
      " ",
      ...(refused.place ? [element("span", { class: "place" }, refused.place), ": "] : []),
      refused.message,
      ...jump(area),
    );
  } else {
    editor.refusal = undefined;
    const panicked = report.log.some(({ level }) => level === "critical");
    verdict(panicked ? "wrong" : "", panicked ? "The filter panicked: see the log. " : "", summary(list));
  }
  strip.show(list, trial.advance ?? [], shown);
  id("counters").replaceChildren(counters(report.counters));
  id("log").replaceChildren(log(report.log));
  showExchange();
  document.body.dataset.state = refused ? "refused" : "done";
}

function summary(list) {
  return filter().isTcp
    ? `${list.length === 1 ? "The connection is" : `${list.length} connections are`} ${inWords(list)}.`
    : `${list.length === 1 ? "Status" : `${list.length} requests:`} ${inWords(list)}.`;
}

/** Shows what is wrong, and keeps the last result in the background. */
function refuse(message, area) {
  id("result").classList.add("stale");
  verdict("wrong", message, ...jump(area));
  document.body.dataset.state = "wrong";
}

function verdict(kind, ...content) {
  id("verdict").className = kind;
  id("verdict").replaceChildren(...content);
}

function jump(area) {
  return area
    ? [
        element("br"),
        element("button", { type: "button", class: "quiet", onclick: () => editor.select(area) }, "Show the place"),
      ]
    : [];
}

function select(at) {
  shown = at;
  showExchange();
}

function showExchange() {
  const [one] = [report.exchanges?.[shown], report.connections?.[shown]].filter(Boolean);
  const sections = one === undefined ? [] : report.exchanges ? exchange(one) : connection(one);
  id("exchange").replaceChildren(...sections);
}

function convert() {
  try {
    editor.text = converted(editor.text);
    changed();
  } catch (error) {
    refuse(`This cannot be converted: ${error.message}`);
  }
}

async function writeAddress() {
  const fragment = await fragmentOf(state);
  written = fragment;
  history.replaceState(null, "", fragment);
}

async function share() {
  await writeAddress();
  const output = id("shared");
  try {
    await navigator.clipboard.writeText(location.href);
    output.replaceChildren("The link is in the clipboard.");
  } catch {
    // Browsers refuse this to pages that come without TLS from another machine.
    const input = element("input", { readonly: true, value: location.href, "aria-label": "Link to this state" });
    output.replaceChildren(input);
    input.select();
  }
}
