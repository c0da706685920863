// Drives the sandbox with Microsoft's JavaScript client, over TLS.
//
// Usage: drive.mjs URL   (NODE_EXTRA_CA_CERTS names the certificate)

import assert from "node:assert/strict";
import { BatchRequestContent, Client, PageIterator } from "@microsoft/microsoft-graph-client";

const [url] = process.argv.slice(2);

const form = new URLSearchParams({
  grant_type: "client_credentials",
  client_id: process.env.SANDBOX_CLIENT_ID,
  client_secret: process.env.SANDBOX_CLIENT_SECRET,
  scope: "https://graph.microsoft.com/.default",
});
const found = await (await fetch(`${url}/contoso.com/v2.0/.well-known/openid-configuration`)).json();
const token = await (await fetch(found.token_endpoint, { method: "POST", body: form })).json();
assert.equal(token.token_type, "Bearer");

const graph = Client.initWithMiddleware({
  baseUrl: url,
  customHosts: new Set(["localhost"]),
  authProvider: { getAccessToken: async () => token.access_token },
});
const beta = (path) => graph.api(path).version("beta");

const policies = "/identity/conditionalAccess/policies";
const made = await graph.api(policies).post({
  displayName: "JS: block legacy",
  state: "enabledForReportingButNotEnforced",
  conditions: {
    clientAppTypes: ["exchangeActiveSync", "other"],
    applications: { includeApplications: ["All"] },
    users: { includeUsers: ["All"] },
  },
  grantControls: { operator: "OR", builtInControls: ["block"] },
});
assert.equal(made.modifiedDateTime, null);
await graph.api(`${policies}/${made.id}`).patch({ state: "disabled" });
const read = await graph.api(`${policies}/${made.id}`).select("id,state").get();
assert.deepEqual([read.id, read.state], [made.id, "disabled"]);
const filtered = await graph.api(policies).filter("displayName eq 'JS: block legacy'").get();
assert.equal(filtered.value.length, 1);
assert.equal((await beta(`${policies}/${made.id}`).get()).conditions.times, null);

await assert.rejects(graph.api(policies).post({ displayName: "no conditions" }), (error) => {
  assert.equal(error.statusCode, 400);
  assert.equal(error.code, "BadRequest");
  assert.match(error.message, /^1007: /);
  return true;
});

const page = await graph.api("/users").top(4).get();
const seen = [];
await new PageIterator(graph, page, (user) => seen.push(user.id) > 0).iterate();
assert.equal(new Set(seen).size, seen.length);
assert.ok(seen.length > 8);

const requests = ["/organization", "/identity/conditionalAccess/templates"].map((path, at) => ({
  id: String(at),
  request: new Request(`${url}${path}`), // without a version: the client wants it so
}));
const content = await new BatchRequestContent(requests).getContent();
const answers = (await graph.api("/$batch").post(content)).responses;
assert.deepEqual(answers.map((answer) => answer.status), [200, 200]);

await graph.api(`${policies}/${made.id}`).delete();
await graph.api(`/identity/conditionalAccess/deletedItems/policies/${made.id}/restore`).post({});
await graph.api(`${policies}/${made.id}`).delete();
console.log("microsoft-graph-client: ok");
