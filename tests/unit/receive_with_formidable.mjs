// Receives uploads with formidable, an independent parser. Prints its address, then what it has read when its standard
// input closes:
//
//   node receive_with_formidable.mjs FOLDER
import { createServer } from "node:http";
import { readFileSync } from "node:fs";
import formidable from "formidable";

const seen = [];
const server = createServer((request, response) => {
  const form = new formidable.IncomingForm({ uploadDir: process.argv[2] });
  form.parse(request, (problem, fields, files) => {
    if (problem) {
      response.writeHead(400).end(JSON.stringify({ error: String(problem) }));
      return;
    }
    const { name, path, size } = files.source;
    seen.push({ fields, names: Object.keys(files), file: name, size, content: readFileSync(path, "utf8").slice(0, 100) });
    response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify({ file_id: seen.length }));
  });
});
// Node closes a connection that has been idle for 5 seconds, maybe while an upload is on its way.
server.keepAliveTimeout = 300_000;
server.listen(0, "127.0.0.1", () => console.log(JSON.stringify(`http://127.0.0.1:${server.address().port}`)));
process.stdin.resume();
process.stdin.on("end", () => {
  process.stdout.write(JSON.stringify(seen), () => process.exit(0));
});
