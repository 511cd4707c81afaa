// The hosted page beside the demo's sandbox, until the process is ended: `cargo xtask demo` starts it with the first port.

import { origins } from "./sandbox.mjs";
import { SITE_OFFSET, serveSite } from "./site.mjs";

const base = Number(process.argv[2]);
await serveSite(base + SITE_OFFSET, origins(base));
