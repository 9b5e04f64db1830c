// All tests of the page, in one browser: `node run.mjs`.

import "./examples.mjs";
import "./editor.mjs";
import "./yaml.mjs";
import "./state.mjs";
import "./limits.mjs";
import "./keyboard.mjs";
import "./accessibility.mjs";
