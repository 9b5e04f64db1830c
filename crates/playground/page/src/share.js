// The address, which holds the state, and its copy in the clipboard.

import { byId, element } from "./element.js";
import { fragmentOf, stateOf } from "./state.js";

/** The fragment that the page itself wrote last. */
let written;

/** Writes a state into the address. */
export async function writeAddress(state) {
  const fragment = await fragmentOf(state);
  written = fragment;
  history.replaceState(null, "", fragment);
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
  await writeAddress(state);
  const output = byId("shared");
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
