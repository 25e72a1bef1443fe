// The tour's GitHub half against another emulator: an issue is opened, Baton is asked for a plan,
// its question is answered, and a committed plan with a draft pull request comes out. Afterwards
// every published example payload is delivered, signed, and has to be accepted.
import { createEmulator } from "emulate";
import { spawn } from "node:child_process";
import crypto from "node:crypto";
import fs from "node:fs";
import { createRequire } from "node:module";
import net from "node:net";
import os from "node:os";
import path from "node:path";

const require = createRequire(import.meta.url);
const examples = require("@octokit/webhooks-examples/api.github.com/index.json");

const SECRET = "emulator webhook secret";
const WAIT_MS = 60_000;

const freePort = () =>
  new Promise((resolve) => {
    const server = net.createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

const { privateKey } = crypto.generateKeyPairSync("rsa", {
  modulusLength: 2048,
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" },
});
const data = fs.mkdtempSync(path.join(os.tmpdir(), "baton-emulator-"));
const batonPort = await freePort();
const hook = `http://127.0.0.1:${batonPort}/webhooks/github`;

const box = spawn(process.env.MODEL_BOX, { stdio: ["pipe", "pipe", "inherit"] });
const modelUrl = await new Promise((done) =>
  box.stdout.once("data", (line) => done(String(line).trim())),
);
const github = await createEmulator({
  service: "github",
  port: await freePort(),
  seed: {
    tokens: { ann_token: { login: "ann", scopes: ["repo", "user"] } },
    github: {
      users: [{ login: "ann", name: "Ann", email: "ann@example.test" }],
      repos: [{ owner: "ann", name: "shop", auto_init: true }],
      apps: [
        {
          app_id: 12345,
          slug: "baton",
          name: "Baton",
          private_key: privateKey,
          permissions: {
            contents: "write",
            issues: "write",
            metadata: "read",
            pull_requests: "write",
          },
          events: ["issues", "issue_comment", "pull_request", "push"],
          webhook_url: hook,
          webhook_secret: SECRET,
          installations: [
            { installation_id: 100, account: "ann", repository_selection: "all" },
          ],
        },
      ],
    },
  },
});
const baton = spawn(process.env.BATON, ["serve"], {
  stdio: ["ignore", "inherit", "inherit"],
  env: {
    PATH: process.env.PATH,
    APP_ID: "12345",
    PRIVATE_KEY: privateKey,
    WEBHOOK_SECRET: SECRET,
    GITHUB_API_URL: github.url,
    ANTHROPIC_API_KEY: "sk-ant-emulator",
    ANTHROPIC_BASE_URL: modelUrl,
    BATON_DATA_DIR: data,
    BATON_MODE: "suggest",
    PORT: String(batonPort),
    LOG_LEVEL: "warn",
  },
});

const call = async (method, route, body) => {
  const response = await fetch(github.url + route, {
    method,
    headers: { authorization: "Bearer ann_token", "content-type": "application/json" },
    body: body && JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${method} ${route}: ${response.status}`);
  return response.json();
};
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const eventually = async (what, look) => {
  const until = Date.now() + WAIT_MS;
  while (Date.now() < until) {
    const found = await look().catch(() => undefined);
    if (found) {
      console.log(`seen: ${what}`);
      return found;
    }
    await pause(250);
  }
  throw new Error(`not seen in ${WAIT_MS / 1000} s: ${what}`);
};

let failed = false;
try {
  await eventually("the service answers", async () => (await fetch(`http://127.0.0.1:${batonPort}/health`)).ok);
  const text = (it) => Buffer.from(it).toString("base64");
  const put = (file, content) =>
    call("PUT", `/repos/ann/shop/contents/${file}`, { message: `add ${file}`, content: text(content) });
  await put("package.json", '{"name":"shop","scripts":{"test":"vitest run"}}');
  await put("src/cart.ts", "export class Cart {\n  items: string[] = [];\n}\n");
  const issue = await call("POST", "/repos/ann/shop/issues", {
    title: "Add a discount code to the cart",
    body: "Customers enter a code in the cart. Cache the lookup optionally with Redis.",
  });
  const thread = `/repos/ann/shop/issues/${issue.number}`;
  const bodies = async () => (await call("GET", `${thread}/comments`)).map((it) => it.body);
  await eventually("one complexity label", async () => {
    const labels = (await call("GET", thread)).labels.map((it) => it.name);
    return labels.filter((it) => it.startsWith("complexity:")).length === 1;
  });
  await call("POST", `${thread}/comments`, { body: "/baton plan" });
  await eventually("a question", async () => (await bodies()).some((it) => it.includes("**1. ")));
  await call("POST", `${thread}/comments`, { body: "1a" });
  await eventually("a draft pull request of the plan", async () => {
    const pulls = await call("GET", "/repos/ann/shop/pulls");
    return pulls.length === 1 && pulls[0].draft && pulls[0].head.ref.startsWith("baton/1-");
  });
  await eventually("the news of the plan", async () =>
    (await bodies()).some((it) => it.includes("Plan revision 1 is ready")),
  );
  const once = (await bodies()).filter((it) => it.includes("Plan revision 1 is ready"));
  if (once.length !== 1) throw new Error(`the plan was announced ${once.length} times`);

  let delivered = 0;
  for (const { name, examples: payloads } of examples) {
    for (const payload of payloads) {
      const body = JSON.stringify(payload);
      const hmac = crypto.createHmac("sha256", SECRET).update(body).digest("hex");
      const response = await fetch(hook, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "x-github-delivery": `example-${delivered}`,
          "x-github-event": name,
          "x-hub-signature-256": `sha256=${hmac}`,
        },
        body,
      });
      if (response.status !== 202) throw new Error(`${name}: ${response.status}`);
      delivered += 1;
    }
  }
  const health = await eventually("all of them handled, none left unparsed", async () => {
    const health = await (await fetch(`http://127.0.0.1:${batonPort}/health`)).json();
    return health.inbox_pending === 0 && health.inbox_unparsed === 0 && health;
  });
  console.log(`${delivered} example payloads accepted; ${JSON.stringify(health)}`);
} catch (problem) {
  failed = true;
  console.error(problem.message);
} finally {
  baton.kill("SIGTERM");
  await new Promise((done) => baton.once("exit", done));
  box.stdin.end();
  await github.close();
  fs.rmSync(data, { recursive: true, force: true });
}
console.log(failed ? "0 passed, 1 failed" : "1 passed, 0 failed");
process.exit(failed ? 1 : 0);
