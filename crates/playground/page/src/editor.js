// The editor of the configuration.

import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { forceLinting, lintGutter, lintKeymap, linter } from "@codemirror/lint";
import { EditorState, StateEffect } from "@codemirror/state";
import { EditorView, drawSelection, highlightActiveLine, hoverTooltip, keymap, lineNumbers } from "@codemirror/view";
import { classHighlighter } from "@lezer/highlight";

import { Configuration } from "./configuration.js";

/** Marks a change outside the text that the marks depend on. */
const outside = StateEffect.define();

/** The editor of a configuration, with completion, descriptions and marks. */
export class Editor {
  #view;
  #schema;
  #refusal;

  /** Calls `changed` when the user changes the text. */
  constructor(parent, labelledBy, describedBy, changed) {
    const extensions = [
      lineNumbers(),
      history(),
      drawSelection(),
      indentOnInput(),
      indentUnit.of("  "),
      bracketMatching(),
      closeBrackets(),
      highlightActiveLine(),
      EditorView.lineWrapping,
      EditorState.tabSize.of(2),
      yaml(),
      syntaxHighlighting(classHighlighter),
      autocompletion({ override: [(context) => this.#complete(context)], icons: false }),
      hoverTooltip((view, position) => this.#describe(view, position)),
      lintGutter(),
      linter((view) => this.#lint(view.state.doc.toString()), {
        delay: 150,
        needsRefresh: ({ transactions }) =>
          transactions.some(({ effects }) => effects.some((effect) => effect.is(outside))),
      }),
      // The Tab key moves the focus, so that the keyboard gets out of the editor.
      keymap.of([...closeBracketsKeymap, ...completionKeymap, ...lintKeymap, ...defaultKeymap, ...historyKeymap]),
      EditorView.contentAttributes.of({
        "aria-labelledby": labelledBy,
        "aria-describedby": describedBy,
        spellcheck: "false",
      }),
      EditorView.updateListener.of((update) => {
        if (update.docChanged && !this.isSetting) {
          changed();
        }
      }),
    ];
    this.#view = new EditorView({ parent, extensions });
  }

  /** The text. */
  get text() {
    return this.#view.state.doc.toString();
  }

  set text(text) {
    if (text !== this.text) {
      this.isSetting = true;
      this.#view.dispatch({ changes: { from: 0, to: this.#view.state.doc.length, insert: text } });
      this.isSetting = false;
    }
  }

  /** Whether the text is being set by the page. */
  isSetting = false;

  /** Sets the schema that completion and marks follow. */
  set schema(schema) {
    this.#schema = schema;
    this.#refresh();
  }

  /** Sets why the configuration was refused: `{from, to, message, source}`, or `undefined` if it was not. */
  set refusal(refusal) {
    this.#refusal = refusal;
    this.#refresh();
  }

  #refresh() {
    this.#view.dispatch({ effects: outside.of(null) });
    forceLinting(this.#view);
  }

  focus() {
    this.#view.focus();
  }

  /** Shows and selects an area. */
  select({ from, to }) {
    this.#view.dispatch({ selection: { anchor: from, head: to }, scrollIntoView: true });
    this.#view.focus();
  }

  async #lint(text) {
    const { document } = new Configuration(text);
    const marks = [];
    if (document.errors.length === 0) {
      const found = (await this.#schema?.mistakes(text, document)) ?? [];
      marks.push(...found.map((mistake) => ({ ...mistake, severity: "warning", source: "schema" })));
    }
    if (this.#refusal) {
      marks.push({ ...this.#refusal, severity: "error" });
    }
    // The text may have changed meanwhile.
    const end = this.#view.state.doc.length;
    return marks.filter(({ to }) => to <= end);
  }

  async #complete(context) {
    const text = context.state.doc.toString();
    if (!context.explicit && !/[\w".-]$/.test(text.slice(0, context.pos))) {
      return null;
    }
    const found = await this.#schema?.options(text, context.pos);
    if (!found) {
      return null;
    }
    const options = found.options.map(({ label, insert, description, kind }) => ({
      label,
      type: kind,
      info: description || undefined,
      apply: (view) => apply(view, found.from, found.to + (view.state.doc.length - text.length), insert),
    }));
    return { from: found.word, options, validFor: /^[\w.-]*$/ };
  }

  async #describe(view, position) {
    const text = view.state.doc.toString();
    const found = await this.#schema?.description(text, new Configuration(text).document, position);
    if (!found) {
      return null;
    }
    const create = () => {
      const dom = document.createElement("div");
      dom.className = "description";
      dom.textContent = found.text;
      return { dom };
    };
    return { pos: found.from, end: found.to, above: true, create };
  }
}

/** Inserts a completion, and puts the cursor between brackets or quotes. */
function apply(view, from, to, insert) {
  const inside = /(\[\]|\{\}|"")$/.test(insert) && insert.includes(": ") ? 1 : 0;
  view.dispatch({
    changes: { from, to, insert },
    selection: { anchor: from + insert.length - inside },
    userEvent: "input.complete",
  });
}
