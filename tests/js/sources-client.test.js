import assert from "node:assert/strict";
import { test } from "node:test";
import { HostChoices } from "../../static/js/app/host-choices.js";
import { NO_FILTER } from "../../static/js/model/filter.js";
import { SourcesClient } from "../../static/js/net/sources-client.js";

/** @typedef {import("../../static/js/net/sources-client.js").SourceInfo} SourceInfo */

/** @param {string} id */
const source = (id) => ({ id, name: id, host: id.split(":")[0] });

/**
 * A server that answers with these sources, and notes the requests.
 * @param {import("node:test").TestContext} context
 * @param {(path: string, params: URLSearchParams) => {body?: unknown, status?: number, total?: number}} answer
 */
function serve(context, answer) {
  /** @type {string[]} */
  const asked = [];
  context.mock.method(globalThis, "fetch", async (/** @type {string} */ url) => {
    asked.push(url);
    const { pathname, searchParams } = new URL(url, "http://hub");
    const { body = [], status = 200, total = 0 } = answer(pathname, searchParams);
    return new Response(JSON.stringify(body), { status, headers: { "x-total-count": String(total) } });
  });
  return asked;
}

/** @param {SourcesClient} client */
const listed = (client) => client.sources.value?.map(({ id }) => id);

test("a server without hosts is asked for all its sources", async (context) => {
  const asked = serve(context, () => ({ body: [source("a"), source("b")] }));
  const client = new SourcesClient("/", false);
  client.want({ hosts: ["web-1"], words: "x" });
  await client.refresh();
  assert.deepEqual(asked, ["/api/sources"]);
  assert.deepEqual(listed(client), ["a", "b"]);
  assert.deepEqual(client.hosts, []);
});

test("a hub is asked for hosts, its own sources, and what is shown", async (context) => {
  const asked = serve(context, (path, params) => {
    if (path === "/api/hosts") return { body: [{ name: "web-1" }] };
    return { body: ["host", "source", "q"].flatMap((name) => params.getAll(name)).map((each) => source(`${each}:x`)), total: 1_200 };
  });
  const client = new SourcesClient("/", true);
  await client.refresh();
  assert.deepEqual(asked.splice(0), ["/api/hosts", "/api/sources?host="]);
  client.want({ hosts: ["web-1", "web-2"] });
  client.want({ sources: ["web-1:x", "id"] });
  client.want({ words: "a b" });
  asked.length = 0;
  await client.refresh();
  await new Promise((resolve) => setTimeout(resolve));
  await client.refresh();
  assert.deepEqual(asked.slice(-4), [
    "/api/hosts",
    "/api/sources?host=&host=web-1&host=web-2",
    "/api/sources?source=web-1%3Ax&source=id",
    "/api/sources?q=a+b&count=200",
  ]);
  assert.deepEqual(listed(client), [":x", "web-1:x", "web-2:x", "web-1:x:x", "id:x", "a b:x"]);
  assert.deepEqual(client.hosts, [{ name: "web-1" }]);
  assert.equal(client.notShown, 1_000);
});

test("a list that fails in part changes nothing", async (context) => {
  let status = 200;
  serve(context, (path) => ({ body: [source("a")], status: path === "/api/hosts" ? status : 200 }));
  const client = new SourcesClient("/", true);
  await client.refresh();
  const before = client.sources.value;
  for (const [failure, error] of /** @type {const} */ ([[503, "unreachable"], [401, "signed-out"], [200, null]])) {
    status = failure;
    await client.refresh();
    assert.equal(client.error.value, error);
    if (error) assert.equal(client.sources.value, before);
  }
});

/** @param {SourcesClient} client */
function choices(client) {
  /** @type {string[]} */
  const told = [];
  const chosen = { resolve: () => {} };
  const wait = () => new Promise((/** @type {(value?: unknown) => void} */ resolve) => (chosen.resolve = resolve));
  const page = { notify: (/** @type {string} */ text) => told.push(text), chosen: () => chosen.resolve() };
  return { told, wait, choices: new HostChoices(client, page) };
}

/** @type {import("../../static/js/model/query.js").PaneQuery} */
const QUERY = { sources: [], globs: [["host", "web-*"], ["path", "*.log"]], at: null, filter: NO_FILTER };

test("globs are resolved once", async (context) => {
  const asked = serve(context, () => ({ body: [source("a"), source("b")] }));
  const { choices: made, wait, told } = choices(new SourcesClient("/", true));
  const answered = wait();
  assert.deepEqual(made.sourcesOf(QUERY), []);
  await answered;
  assert.deepEqual(made.sourcesOf({ ...QUERY }), ["a", "b"]);
  assert.deepEqual(made.sourcesOf({ ...QUERY, globs: [], sources: ["c"] }), ["c"]);
  assert.deepEqual(asked, ["/api/sources?host=web-*&path=*.log"]);
  assert.deepEqual(told, []);
});

test("a choice of none or too many sources is said", async (context) => {
  let count = 300;
  serve(context, () => ({ body: Array.from({ length: count }, (_, number) => source(`s${number}`)) }));
  const many = choices(new SourcesClient("/", true));
  const answered = many.wait();
  many.choices.sourcesOf(QUERY);
  await answered;
  assert.equal(many.choices.sourcesOf(QUERY).length, 256);
  assert.deepEqual(many.told, ["256 of 300 sources are shown"]);
  assert.equal(await many.choices.withHost([], "web-1", true), null);
  assert.equal(many.told[1], "A view has at most 256 sources");
  count = 0;
  const none = choices(new SourcesClient("/", true));
  const refused = none.wait();
  none.choices.sourcesOf(QUERY);
  await refused;
  assert.deepEqual(none.told, ["No source matches host=web-* path=*.log"]);
});

test("a host is added and removed as a whole", async (context) => {
  serve(context, () => ({ body: [source("web-1:a"), source("web-1:b")] }));
  const { choices: made } = choices(new SourcesClient("/", true));
  assert.deepEqual(await made.withHost(["x", "web-1:b"], "web-1", true), ["x", "web-1:a", "web-1:b"]);
  assert.deepEqual(await made.withHost(["x", "web-1:b"], "web-1", false), ["x"]);
});

test("without an answer, nothing is chosen", async (context) => {
  serve(context, () => ({ status: 503 }));
  const { choices: made, told } = choices(new SourcesClient("/", true));
  assert.equal(await made.withHost(["x"], "web-1", true), null);
  assert.deepEqual(told, ["The server did not answer; try again"]);
});
