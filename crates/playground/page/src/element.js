// Elements of the page.

/** Returns the element with an id. */
export function byId(id) {
  return document.getElementById(id);
}

/** Creates an element. An attribute that begins with `on` is a listener; one that is `undefined` or `false` is left out. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) {
    if (attribute.startsWith("on")) {
      made.addEventListener(attribute.slice(2), value);
    } else if (value !== undefined && value !== false) {
      made.setAttribute(attribute, value === true ? "" : value);
    }
  }
  made.append(...children);
  return made;
}
