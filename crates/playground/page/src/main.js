// The page: reads what the user enters, runs it, and shows what happens.

import { Configuration, asJson, asYaml, formOf } from "./configuration.js";
import { Editor } from "./editor.js";
import { byId, element } from "./element.js";
import { ResultView } from "./result-view.js";
import { Runner } from "./runner.js";
import { Schema } from "./schema.js";
import { copyLink, onAddressChange, readAddress, writeAddress } from "./share.js";
import { DEFAULTS, stateFrom } from "./state.js";
import { trialOf } from "./trial.js";

/** How long the page waits for the next key. */
const DEBOUNCE_MS = 200;

const FIELDS = [...document.querySelectorAll("[name]")].filter((field) => field.name in DEFAULTS);

const editor = new Editor(byId("editor"), "configuration-title", "editor-help", () => changed());
const view = new ResultView(editor);

// Also a part of the page that cannot be loaded.
addEventListener("unhandledrejection", ({ reason }) => view.refuse(reason.message));
addEventListener("error", ({ message }) => view.refuse(message));

const { version, filters, examples } = await json("examples.json");
byId("version").textContent = `Version ${version}.`;
const runner = new Runner();
const schemas = new Map();

let state = stateFrom({});
let timer;

byId("filter").replaceChildren(...filters.map(({ name }) => option({ value: name, title: name })));
byId("filter").addEventListener("change", () => {
  const { value: filter } = byId("filter");
  // A filter may have none.
  choose(examples.find((example) => example.filter === filter) ?? { state: { filter } });
});
byId("example").addEventListener("change", () => choose(examples[Number(byId("example").value)]));
byId("form").addEventListener("submit", (event) => event.preventDefault());
FIELDS.forEach((field) => field.addEventListener("input", () => changed()));
byId("convert").addEventListener("click", convert);
byId("advance-clock").addEventListener("click", () => {
  state.steps.push(byId("step").value.trim());
  changed({ showLast: true });
});
byId("reset-clock").addEventListener("click", () => {
  state.steps = [];
  changed();
  byId("advance-clock").focus();
});
byId("share").addEventListener("click", () => copyLink(state));
onAddressChange(restore);
await restore();

async function json(path) {
  const response = await fetch(path);
  if (!response.ok) {
    throw new Error(`${path} cannot be loaded: the server says ${response.status}`);
  }
  return response.json();
}

/** Takes the state of the address, or the first example. Says what is wrong with a link until the user changes something. */
async function restore() {
  const first = stateFrom(examples[0].state);
  let restored;
  try {
    restored = await readAddress();
    if (restored && !filters.some(({ name }) => name === restored.filter)) {
      throw new Error(`this link is for a filter that this page does not have: ${restored.filter}`);
    }
  } catch (error) {
    fill(first);
    view.refuse(error.message);
    await schema();
    return;
  }
  await show(restored ?? first);
}

function choose(example) {
  return show(stateFrom(example.state));
}

/** Shows a state in all fields, and runs it. */
async function show(next) {
  fill(next);
  changed();
  await schema();
}

/** Shows a state in all fields. */
function fill(next) {
  state = { ...next, steps: [...next.steps] };
  FIELDS.forEach((field) => (field.value = state[field.name]));
  byId("filter").value = state.filter;
  const { isTcp } = filter();
  document.querySelectorAll(".http").forEach((card) => (card.hidden = isTcp));
  document.querySelectorAll(".tcp").forEach((card) => (card.hidden = !isTcp));
  editor.refusal = undefined;
  editor.text = state.configuration;
  view.reset();
  read();
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

/** Reads what the user entered, and runs it after a pause. */
function changed({ showLast = false } = {}) {
  read();
  document.body.dataset.state = "busy";
  timer = setTimeout(() => run(showLast), DEBOUNCE_MS);
}

/** Reads what the user entered, and shows what depends on it. */
function read() {
  clearTimeout(timer);
  FIELDS.forEach(
    (field) => (state[field.name] = typeof DEFAULTS[field.name] === "number" ? toNumber(field.value) : field.value),
  );
  state.configuration = editor.text;
  offerExamples();
  byId("convert").textContent = formOf(state.configuration) === "JSON" ? "Convert to YAML" : "Convert to JSON";
  byId("reset-clock").hidden = state.steps.length === 0;
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
  byId("example").replaceChildren(...(index < 0 ? [option({ value: "", title: "your own" })] : []), ...groups);
  byId("example").value = index < 0 ? "" : String(index);
  byId("about").textContent = examples[index]?.about || filter().about;
}

function comparable({ steps: _steps, step: _step, ...rest }) {
  return rest;
}

function option({ value, title }) {
  return element("option", { value }, title);
}

async function run(showLast) {
  // Browsers limit how long an address may be and how often it changes. The result does not depend on it.
  await writeAddress(state).catch(() => {});
  const { isTcp } = filter();
  try {
    const trial = trialOf(state, isTcp);
    const answer = await runner.run(state.filter, trial);
    if (answer === undefined) {
      return;
    }
    const configuration = new Configuration(trial.configuration);
    if (answer.mistake) {
      view.refuseYaml(answer.mistake, configuration);
    } else {
      view.show(answer.report, { pauses: trial.advance ?? [], configuration, isTcp, showLast });
    }
  } catch (error) {
    view.refuse(error.message);
  }
}

async function convert() {
  const { text } = editor;
  try {
    const converted = formOf(text) === "JSON" ? asYaml(text) : await yamlAsJson(text);
    // The user may have written on.
    if (converted !== undefined && editor.text === text) {
      editor.text = converted;
      changed();
    }
  } catch (error) {
    view.refuse(`This cannot be converted: ${error.message}`);
  }
}

/** Returns what the filter gets of YAML, `undefined` if a newer trial runs. Throws if that is not JSON. */
async function yamlAsJson(text) {
  const answer = await runner.run(state.filter, { plugin: state.filter, configuration: text });
  if (answer?.mistake) {
    throw new Error(`not YAML: ${answer.mistake.message}`);
  }
  if (answer && formOf(answer.configuration) !== "JSON") {
    throw new Error("it has neither fields nor a list, so the filter gets it as it is");
  }
  return answer && asJson(answer.configuration);
}
