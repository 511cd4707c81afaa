// The five modules: where the API lists them, what a row is called, what is worth saying of it.

import { Refusal } from "./api.js";

export const PAGE_ROWS = 25;

const NAME_UP = [{ field: "name", order: "asc" }];
/** In the order of the navigation. `lists`: one for each generation that the API has. */
export const MODULES = [
  { kind: "company", module: "companies", lists: [{ type: "company", endpoint: "companies", sort: NAME_UP }] },
  { kind: "contact", module: "contacts", lists: [{ type: "contact", endpoint: "contacts", sort: NAME_UP }] },
  {
    kind: "project",
    module: "projects",
    lists: [
      { type: "nextgenProject", endpoint: "projects-v2/projects", sort: [{ field: "title", order: "asc" }] },
      { type: "project", endpoint: "projects" },
    ],
  },
  { kind: "meeting", module: "meetings", lists: [{ type: "meeting", endpoint: "meetings", sort: [{ field: "scheduled_at", order: "desc" }] }] },
  { kind: "product", module: "products", lists: [{ type: "product", endpoint: "products" }] },
];

export const moduleOf = (kind) => MODULES.find((module) => module.kind === kind);

/** What people call a record; may be empty. */
export function nameOf(kind, row) {
  if (kind === "contact") return `${row.first_name ?? ""} ${row.last_name ?? ""}`.trim();
  return (row.title || row.name || row.code || "").trim();
}

/** A second line for a row: `{ text }`, or `{ date }` to be written in the reader's language. */
export function hintOf(kind, row) {
  if (kind === "company") return { text: row.primary_address?.city ?? row.website };
  if (kind === "contact") return { text: row.emails?.[0]?.email };
  if (kind === "meeting") return { date: row.scheduled_at };
  if (kind === "product") return { text: row.name ? row.code : undefined };
  return { text: row.reference ?? (row.project_key === undefined ? undefined : `P${row.project_key}`) };
}

/** One page of a list: `{ rows, more }`. No total: the API has none for most modules. */
export async function page(api, list, term, number) {
  const filter = term ? { term } : {};
  const rows = await api.data(`${list.endpoint}.list`, { filter, page: { size: PAGE_ROWS, number }, ...(list.sort ? { sort: list.sort } : {}) });
  return { rows, more: rows.length === PAGE_ROWS };
}

/** The lists of a module that this account has: of projects, one generation or both. */
export async function listsOf(api, module) {
  if (module.lists.length === 1) return module.lists;
  const found = [];
  for (const list of module.lists) {
    try {
      const { rows } = await page(api, list, "", 1);
      if (rows.length > 0) found.push(list);
    } catch (error) {
      // A generation that is switched off answers so.
      if (!(error instanceof Refusal) || ![400, 403, 404].includes(error.status)) throw error;
    }
  }
  return found.length > 0 ? found : [module.lists[0]];
}

/** A record by its id: `{ type, row }`; throws what the API refuses. */
export async function find(api, module, id) {
  let refusal;
  for (const list of module.lists) {
    try {
      return { type: list.type, row: await api.data(`${list.endpoint}.info`, { id }) };
    } catch (error) {
      if (!(error instanceof Refusal) || ![400, 403, 404].includes(error.status)) throw error;
      // Of two refusals the one that says more: there is such a record.
      if (refusal?.status !== 403) refusal = error;
    }
  }
  throw refusal;
}
