// Takes webhooks as a stranger would: with the JavaScript library of Standard Webhooks, which is
// installed in the folder that the first argument names. The secret is in the environment.
// Prints its port, and then a line for each request: the answer's status and the event's type.
import { createServer } from "node:http";
import { createRequire } from "node:module";

const { Webhook } = createRequire(`${process.argv[2]}/`)("standardwebhooks");
const webhook = new Webhook(process.env.SECRET);

const server = createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    let status = 204;
    let type = "";
    try {
      ({ type } = webhook.verify(Buffer.concat(chunks), request.headers));
    } catch {
      status = 401;
    }
    response.writeHead(status).end();
    console.log(`${status} ${type}`);
  });
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
// Whoever started it is gone.
process.stdin.resume().on("end", () => process.exit());
