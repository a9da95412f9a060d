// A server of npm faye that checks signatures as the gem private_pub does (https://github.com/ryanb/private_pub).
//
// Usage: node faye_server.mjs '{"timeout": 2}'
//
// It prints {"url": "http://127.0.0.1:PORT"} and runs until its standard input ends. The options are timeout (seconds
// that a poll is held), secret, expires_in (seconds) and port. Faye answers at /faye. Tests use these paths:
//   GET  /push?channel=/user/1&timestamp=1700000000   a push object; the timestamp may be omitted
//   POST /publish    [{"channel": "/user/1", "data": {}}, ...]
//   POST /forget     forget all clients
//   POST /drop       close all connections
//   POST /fail       {"count": 3, "status": 500}: refuse the next requests to /faye; 0 drops them
//   POST /offset     {"seconds": 22000}: move the clock that decides whether a signature has expired
//   GET  /state      {"requests", "handshakes", "subscribes", "open", "most_open", "clients": {ID: {"made", "open"}}}
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import faye from "faye";

const { timeout = 2, secret = "secret", expires_in: expiresIn = 21600, port = 0 } = JSON.parse(process.argv[2] ?? "{}");
const counts = { requests: 0, handshakes: 0, subscribes: 0, open: 0, most_open: 0, clients: {} };
let clock = 0;
let failing = { count: 0, status: 500 };
const known = new Set();
const polls = new WeakMap();

const now = () => Math.floor(Date.now() / 1000) + clock;
const sign = (channel, timestamp) => createHash("sha1").update(`${secret}${channel}${timestamp}`).digest("hex");

const bayeux = new faye.NodeAdapter({ mount: "/faye", timeout });
bayeux.on("disconnect", (id) => known.delete(id));
bayeux.addExtension({
  incoming(message, request, callback) {
    if (message.channel === "/meta/handshake" && request !== null) counts.handshakes += 1;
    if (message.channel === "/meta/connect") poll(message.clientId, request);
    if (message.channel === "/meta/subscribe") {
      counts.subscribes += 1;
      const { private_pub_signature: signature, private_pub_timestamp: timestamp } = message.ext ?? {};
      if (signature !== sign(message.subscription, timestamp)) message.error = "Incorrect signature.";
      else if (Number(timestamp) + expiresIn < now()) message.error = "Signature has expired.";
    } else if (!message.channel.startsWith("/meta/") && message.ext?.private_pub_token !== secret) {
      message.error = "Incorrect token.";
    }
    delete message.ext;
    callback(message);
  },
  outgoing(message, request, callback) {
    // The server's own client has no request.
    if (message.channel === "/meta/handshake" && message.clientId && request !== null) known.add(message.clientId);
    callback(message);
  },
});

function poll(clientId, request) {
  if (request === null) return;
  const client = (counts.clients[clientId] ??= { made: 0, open: 0 });
  client.made += 1;
  client.open += 1;
  counts.open += 1;
  counts.most_open = Math.max(counts.most_open, counts.open);
  polls.set(request, client);
}

function ended(request) {
  const client = polls.get(request);
  if (client === undefined) return;
  polls.delete(request);
  client.open -= 1;
  counts.open -= 1;
}

async function read(request) {
  let text = "";
  for await (const chunk of request) text += chunk;
  return text === "" ? {} : JSON.parse(text);
}

const actions = {
  "GET /push": (body, query) => {
    const channel = query.get("channel");
    const timestamp = Number(query.get("timestamp") ?? now());
    return { channel, signature: sign(channel, timestamp), timestamp, expires_in: expiresIn };
  },
  "POST /publish": async (messages) => {
    const client = bayeux.getClient();
    for (const { channel, data } of messages) await client.publish(channel, data);
    return {};
  },
  "POST /forget": () => {
    // Faye forgets a client only after a time-out. Its engine can do so at once.
    for (const id of [...known]) bayeux._server._engine.destroyClient(id);
    return {};
  },
  "POST /drop": (body, query, own) => {
    for (const socket of sockets) if (socket !== own) socket.destroy();
    return {};
  },
  "POST /fail": (body) => (failing = { count: 1, status: 500, ...body }),
  "POST /offset": ({ seconds }) => ({ now: (clock += seconds) }),
  "GET /state": () => counts,
};

const sockets = new Set();
const server = createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url, "http://localhost");
  if (pathname === "/faye" || pathname.startsWith("/faye/")) {
    counts.requests += 1;
    if (failing.count > 0) {
      failing.count -= 1;
      if (failing.status === 0) return request.socket.destroy();
      return response.writeHead(failing.status).end("<html></html>");
    }
    response.on("close", () => ended(request));
    return bayeux.handle(request, response);
  }
  const action = actions[`${request.method} ${pathname}`];
  if (action === undefined) return response.writeHead(404).end();
  try {
    const answer = JSON.stringify(await action(await read(request), searchParams, request.socket));
    response.writeHead(200, { "content-type": "application/json", "access-control-allow-origin": "*" }).end(answer);
  } catch (error) {
    response.writeHead(400).end(String(error));
  }
});
// Node closes a connection that has been idle for 5 seconds. A test that goes on a little later would lose its request.
server.keepAliveTimeout = 300_000;
server.on("connection", (socket) => {
  sockets.add(socket);
  socket.on("close", () => sockets.delete(socket));
});
// The server's own client publishes with the token.
bayeux.getClient().addExtension({
  outgoing(message, callback) {
    if (!message.channel.startsWith("/meta/")) message.ext = { private_pub_token: secret };
    callback(message);
  },
});
server.listen(port, "127.0.0.1", () => console.log(JSON.stringify({ url: `http://127.0.0.1:${server.address().port}` })));
process.stdin.resume().on("end", () => process.exit(0));
