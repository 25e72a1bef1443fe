// The least that a Node webhook server can do: read the body, verify it, parse it, answer.
import { createServer } from "node:http";
import { createHmac, timingSafeEqual } from "node:crypto";

const server = createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const body = Buffer.concat(chunks);
    const wanted = createHmac("sha256", process.env.WEBHOOK_SECRET).update(body).digest();
    const given = (request.headers["x-hub-signature-256"] ?? "").slice("sha256=".length);
    const claimed = Buffer.from(given, "hex");
    const good = claimed.length === wanted.length && timingSafeEqual(claimed, wanted);
    if (good) JSON.parse(body);
    response.writeHead(good ? 202 : 401).end();
  });
});
server.listen(0, "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
});
