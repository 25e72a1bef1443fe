// The bare webhook middleware of Octokit on Node's own HTTP server, with one handler that does
// nothing.
import { createServer } from "node:http";
import { Webhooks, createNodeMiddleware } from "@octokit/webhooks";

const webhooks = new Webhooks({ secret: process.env.WEBHOOK_SECRET });
webhooks.on("issues.opened", async () => {});
const middleware = createNodeMiddleware(webhooks, { path: "/webhooks/github" });
const server = createServer(async (request, response) => {
  if (await middleware(request, response)) return;
  response.writeHead(404).end();
});
server.listen(0, "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
});
