// The language services, which are not in this folder: `just test-editors` says where.

import { createRequire } from "node:module";
import { join } from "node:path";

const folder = process.env.EDITORS_PACKAGES;
if (!folder) {
  throw new Error("EDITORS_PACKAGES is not set: run `just test-editors`");
}

/** Loads a package, or a file of it. */
export const load = createRequire(join(folder, "index.js"));
