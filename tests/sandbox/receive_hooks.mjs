// Receives webhooks with parsers that others wrote: express at /express, formidable at /formidable. Sends each code of a
// verification back to the API. Prints its address, then what it has received when its standard input closes:
//
//   node receive_hooks.mjs API_URL ACCESS_TOKEN
import { tmpdir } from "node:os";
import express from "express";
import formidable from "formidable";

const [api, token] = process.argv.slice(2);
const seen = [];

async function take(path, body) {
  if (body.type === "hook.verify") {
    const response = await fetch(`${api}/hook/${body.hook_id}/verify/validate`, {
      method: "POST",
      headers: { Authorization: `OAuth2 ${token}`, "Content-Type": "application/json" },
      body: JSON.stringify({ code: body.code }),
    });
    body = { ...body, code: response.status };
  }
  seen.push([path, body]);
}

const app = express();
app.post("/express", express.urlencoded({ extended: false }), async (request, response) => {
  await take(request.originalUrl, { ...request.body });
  response.sendStatus(200);
});
app.post("/formidable", (request, response, next) => {
  new formidable.IncomingForm({ uploadDir: tmpdir() }).parse(request, async (problem, fields) => {
    if (problem) return next(problem);
    await take(request.originalUrl, fields);
    response.sendStatus(200);
  });
});
const server = app.listen(0, "127.0.0.1", () => console.log(JSON.stringify(`http://127.0.0.1:${server.address().port}`)));
process.stdin.resume();
process.stdin.on("end", () => process.stdout.write(JSON.stringify(seen), () => process.exit(0)));
