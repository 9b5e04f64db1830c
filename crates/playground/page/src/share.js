// The address, which holds the state, and its copy in the clipboard.

import { byId, element } from "./element.js";
import { MAX_KB, fragmentOf, stateOf } from "./state.js";

/** The fragment that the page itself wrote last. */
let written;

/** Writes a state into the address. Returns whether it fits: otherwise the address has none. */
export async function writeAddress(state) {
  const fragment = await fragmentOf(state);
  written = fragment ?? "";
  history.replaceState(null, "", fragment ?? location.pathname + location.search);
  return fragment !== undefined;
}

/** Returns the state of the address, `undefined` if it has none. Throws if the link is damaged. */
export function readAddress() {
  return stateOf(location.hash);
}

/** Calls `changed` when the user has changed the address. */
export function onAddressChange(changed) {
  addEventListener("hashchange", () => location.hash !== written && changed());
}

/** Copies the address of a state, or shows it to copy. */
export async function copyLink(state) {
  const output = byId("shared");
  if (!(await writeAddress(state))) {
    output.replaceChildren(`A link holds at most ${MAX_KB} KB: shorten the bodies.`);
    return;
  }
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
