// A Probot app with one handler that does nothing: what the framework itself costs.
import { Server, Probot } from "probot";

const server = new Server({
  Probot: Probot.defaults({
    appId: 7,
    privateKey: process.env.PRIVATE_KEY,
    secret: process.env.WEBHOOK_SECRET,
    logLevel: "warn",
  }),
  host: "127.0.0.1",
  port: 0,
  webhookPath: "/webhooks/github",
});
await server.load((app) => {
  app.on("issues.opened", async () => {});
});
const { port } = (await server.start()).address();
console.log(`http://127.0.0.1:${port}`);
