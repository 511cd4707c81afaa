// The official JavaScript SDK of Teamleader against the emulated CRM: every operation that the plugin uses, and its
// refusals. The sandbox is started here from SANDBOX_BIN; without that variable one is expected at SANDBOX_PORT_BASE.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { after, before, beforeEach, test } from "node:test";
import teamleaderModule from "@teamleader/api";

const API = teamleaderModule.default ?? teamleaderModule;
const VERSION = "2023-09-26";
const binary = process.env.SANDBOX_BIN;
// Away from the other test files, which run at the same time, each with a sandbox of its own.
const base = Number(binary ? 21000 + (process.pid % 400) * 50 : process.env.SANDBOX_PORT_BASE ?? 7400);
const at = (offset) => `http://127.0.0.1:${base + offset}`;

let server;
let account;
let token;

async function control(method, path, body) {
  const response = await fetch(`${at(20)}/${path}`, { method, body: body === undefined ? undefined : JSON.stringify(body) });
  const answer = await response.json();
  assert.equal(response.status, 200, `${path}: ${JSON.stringify(answer)}`);
  return answer;
}

function client() {
  return API({ baseUrl: at(1), version: VERSION, getAccessToken: () => token });
}

async function reset(options = {}) {
  await control("POST", "reset", { sample: true, rate_limits: false, strict_public_api: false, variants: {}, ...options });
  const tokens = await control("POST", "tokens", { user: "anna" });
  token = tokens.crm.access_token;
  account = await control("GET", "state");
}

async function refusal(promise) {
  try {
    await promise;
  } catch (error) {
    assert.equal(typeof error.body?.errors?.[0]?.title, "string", `not the documented body: ${JSON.stringify(error.body)}`);
    return error;
  }
  assert.fail("the call was not refused");
}

function recordNamed(name) {
  const state = account.crm ?? account.teamleader;
  const record = state.records.find((entry) => entry.name === name);
  assert.ok(record, `${name} is not in the sample`);
  return record;
}

const subjectOf = (record) => ({ type: record.kind, id: record.id });

async function upload(subject, name, bytes, folder) {
  const step = await client().files.upload({ name, subject, ...(folder === undefined ? {} : { folder }) });
  const response = await fetch(step.data.location, { method: "POST", body: bytes, headers: { "Content-Type": "application/octet-stream" } });
  return { step, response };
}

before(async () => {
  if (binary) {
    server = spawn(binary, ["--port-base", String(base)], { stdio: ["ignore", "pipe", "inherit"] });
    await new Promise((resolve, reject) => {
      server.stdout.once("data", resolve);
      server.once("exit", (code) => reject(new Error(`the sandbox ended with ${code}`)));
    });
  }
});

after(() => server?.kill());

beforeEach(() => reset());

test("users.me names the user and the account", async () => {
  const { data } = await client().users.me();
  assert.equal(data.first_name, "Anna");
  assert.equal(data.language, "en");
  assert.equal(data.account.type, "account");
});

test("accounts.projects-v2-status", async () => {
  const { data } = await client().accounts["projects-v2-status"]();
  assert.ok(["projects-v2", "legacy"].includes(data.status));
});

const RESOURCES = [
  ["companies", "company", "Lumen Lighting", "name"],
  ["contacts", "contact", "Erla Jónsdóttir", "last_name"],
  ["projects-v2/projects", "nextgenProject", "Harbour office refit", "title"],
  ["projects", "project", "Website relaunch", "title"],
  ["meetings", "meeting", "Kick-off harbour office", "title"],
  ["products", "product", "Lämpchen L2", "name"],
];

for (const [resource, kind, name, field] of RESOURCES) {
  test(`${resource}: list, info, and the documents of one`, async () => {
    const api = client();
    const record = recordNamed(name);
    assert.equal(record.kind, kind);
    const { data } = await api[resource].list({ filter: { ids: [record.id] }, page: { size: 20, number: 1 } });
    assert.equal(data.length, 1);
    assert.ok(name.endsWith(data[0][field]));
    const info = await api[resource].info({ id: record.id });
    assert.equal(info.data.id, record.id);
    const documents = await api.files.list({ filter: { subject: subjectOf(record) } });
    assert.equal(documents.meta, undefined);
    assert.deepEqual(documents.data.map((row) => row.id).sort(), record.documents.map((row) => row.id).sort());
    const missing = await refusal(api[resource].info({ id: "00000000-0000-4000-8000-000000000000" }));
    assert.equal(missing.status, 404);
  });

  test(`${resource}: upload in two steps, download, delete`, async () => {
    const api = client();
    const subject = subjectOf(recordNamed(name));
    const bytes = new TextEncoder().encode(`contents for ${resource} 🎉`);
    const { step, response } = await upload(subject, "Note ü.txt", bytes, "Contracts/2026");
    assert.ok(step.data.location.startsWith(`${at(2)}/`));
    assert.match(step.data.expires_at, /\+00:00$/);
    assert.equal(response.status, 201);
    const { id } = (await response.json()).data;
    const { data } = await api.files.info({ id });
    assert.deepEqual(
      { ...data, updated_at: null, uploaded_by: null },
      { id, subject, name: "Note ü.txt", mime_type: "text/plain", size: bytes.length, updated_at: null, uploaded_by: null, folder: "Contracts/2026" },
    );
    const link = await api.files.download({ id });
    const got = await fetch(link.data.location);
    assert.deepEqual(new Uint8Array(await got.arrayBuffer()), bytes);
    assert.equal(got.headers.get("access-control-allow-origin"), "*");
    assert.equal(await api.files.delete({ id }), "");
    assert.equal((await refusal(api.files.info({ id }))).status, 404);
    assert.equal((await refusal(api.files.delete({ id }))).status, 404);
    assert.equal((await fetch(link.data.location)).status, 404);
  });
}

test("files.list pages without totals, newest first", async () => {
  const documents = Array.from({ length: 45 }, (_, index) => ({ name: `${index}.txt`, text: String(index) }));
  const seeded = await control("POST", "seed", { records: [{ kind: "company", name: "Paged", documents }] });
  const made = seeded.records?.[0] ?? seeded;
  const subject = { type: "company", id: made.id };
  const sizes = [];
  const seen = new Set();
  for (let number = 1; ; number += 1) {
    const { data } = await client().files.list({ filter: { subject }, page: { size: 20, number } });
    sizes.push(data.length);
    data.forEach((row) => seen.add(row.id));
    if (data.length < 20) break;
  }
  assert.deepEqual(sizes, [20, 20, 5]);
  assert.equal(seen.size, 45);
  const all = await client().files.list({ filter: { subject }, page: { size: 500 }, sort: [{ field: "updated_at", order: "desc" }] });
  assert.equal(all.data.length, 45);
});

test("a document without folder lands in the default one", async () => {
  const subject = subjectOf(recordNamed("Pied Piper"));
  await upload(subject, "a.txt", new Uint8Array([1]));
  const { data } = await client().files.list({ filter: { subject } });
  assert.equal(data[0].folder, "General");
});

test("step 2 refuses forms, repeats and what came too late", async () => {
  const subject = subjectOf(recordNamed("Pied Piper"));
  const step = await client().files.upload({ name: "a.txt", subject });
  const form = new FormData();
  form.append("file", new Blob(["x"]), "a.txt");
  assert.equal((await fetch(step.data.location, { method: "POST", body: form })).status, 400);
  assert.equal((await fetch(step.data.location, { method: "POST", body: new Uint8Array([1]) })).status, 201);
  assert.equal((await fetch(step.data.location, { method: "POST", body: new Uint8Array([1]) })).status, 404);
  const late = await client().files.upload({ name: "b.txt", subject });
  await control("POST", "clock/advance", { seconds: 1000 });
  assert.equal((await fetch(late.data.location, { method: "POST", body: new Uint8Array([1]) })).status, 403);
});

test("a download address expires", async () => {
  const [{ id }] = recordNamed("Lumen Lighting").documents;
  const { data } = await client().files.download({ id });
  await control("POST", "clock/advance", { seconds: 901 });
  assert.equal((await fetch(data.location)).status, 403);
});

test("wrong input is a 400 that names the field", async () => {
  const subject = subjectOf(recordNamed("Pied Piper"));
  const nameless = await refusal(client().files.upload({ subject }));
  assert.equal(nameless.status, 400);
  assert.equal(nameless.body.errors[0].meta.field, "name");
  assert.equal((await refusal(client().files.list({}))).status, 400);
  assert.equal((await refusal(client().files.upload({ name: "a", subject: { type: "deal", id: "x" } }))).status, 400);
});

test("an unknown, expired or missing token is a 401", async () => {
  const good = token;
  token = "nonsense";
  assert.equal((await refusal(client().users.me())).status, 401);
  token = good;
  await control("POST", "clock/advance", { seconds: 3700 });
  assert.equal((await refusal(client().users.me())).status, 401);
  assert.equal((await refusal(API({ baseUrl: at(1) }).users.me())).status, 401);
});

test("a forbidden record is a 403, a deleted one a 404, with their documents", async () => {
  const record = recordNamed("Lumen Lighting");
  const subject = subjectOf(record);
  const [{ id }] = record.documents;
  await control("POST", "crm/record/forbid", { kind: record.kind, id: record.id, forbidden: true });
  assert.equal((await refusal(client().files.list({ filter: { subject } }))).status, 403);
  assert.equal((await refusal(client().files.download({ id }))).status, 403);
  await control("POST", "crm/record/forbid", { kind: record.kind, id: record.id, forbidden: false });
  await control("POST", "crm/record/delete", { kind: record.kind, id: record.id });
  assert.equal((await refusal(client().files.list({ filter: { subject } }))).status, 404);
  assert.equal((await refusal(client().files.info({ id }))).status, 404);
});

test("beyond 200 requests a minute: 429", async () => {
  await reset({ rate_limits: true });
  const raw = () => fetch(`${at(1)}/users.me`, { method: "POST", headers: { Authorization: `Bearer ${token}` } });
  for (let count = 0; count < 199; count += 1) await raw();
  const last = await raw();
  assert.equal(last.status, 200);
  assert.equal(last.headers.get("x-ratelimit-limit"), "200");
  assert.equal(last.headers.get("x-ratelimit-remaining"), "0");
  assert.match(last.headers.get("x-ratelimit-reset"), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$/);
  assert.equal((await refusal(client().users.me())).status, 429);
  await control("POST", "clock/advance", { seconds: 61 });
  await client().users.me();
});

test("the published schema refuses meetings, products and legacy projects", async () => {
  await reset({ strict_public_api: true });
  for (const [, kind, name] of RESOURCES) {
    const call = client().files.upload({ name: "a.txt", subject: subjectOf(recordNamed(name)) });
    if (["meeting", "product", "project"].includes(kind)) assert.equal((await refusal(call)).status, 400);
    else await call;
  }
});

test("a same-name upload makes a second document or a new version", async () => {
  for (const [value, count] of [["second-document", 2], ["new-version", 1]]) {
    await reset({ variants: { "same-name-upload": value } });
    const subject = subjectOf(recordNamed("Pied Piper"));
    await upload(subject, "a.txt", new Uint8Array([1]));
    await upload(subject, "a.txt", new Uint8Array([1, 2]));
    const { data } = await client().files.list({ filter: { subject } });
    assert.equal(data.length, count, value);
  }
});

test("every answer names the version in force, and pages of other origins may ask", async () => {
  const response = await fetch(`${at(1)}/meetings.list`, {
    method: "POST",
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json", "X-Api-Version": "2021-01-01", Origin: at(0) },
    body: "{}",
  });
  assert.equal(response.headers.get("x-api-version"), "2021-01-01");
  assert.equal(response.headers.get("access-control-allow-origin"), "*");
  // The title was called name before 2023-09-26.
  assert.ok((await response.json()).data[0].name);
  const preflight = await fetch(`${at(1)}/files.list`, {
    method: "OPTIONS",
    headers: { Origin: at(0), "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type,x-api-version" },
  });
  assert.ok(preflight.ok);
  assert.equal(preflight.headers.get("access-control-allow-headers"), "Authorization, Content-Type, X-Api-Version");
});

test("migrate.id turns an old number into the record's id", async () => {
  const record = recordNamed("Lumen Lighting");
  const { data } = await client().migrate.id({ type: "company", id: record.number });
  assert.deepEqual(data, { type: "company", id: record.id });
  assert.equal((await refusal(client().migrate.id({ type: "company", id: 1 }))).status, 404);
});
