'use strict';
// Runs a client of the push service that others wrote: node client.cjs <faye|podio-js|cometd> <URL of the sandbox>
//
// It reads commands from its standard input, one JSON array per line, and prints JSON arrays:
//   ["subscribe", push]       -> ["subscribed", channel] or ["refused", channel, text]
//   ["unsubscribe", channel]  -> ["unsubscribed", channel]
//   ["disconnect"]            -> ["disconnected"], and the process ends
// Each message is printed as ["message", channel, data].

const dns = require('node:dns');
const path = require('node:path');
const readline = require('node:readline');

const modules = path.join(__dirname, '..', '..', 'node_modules');
const [kind, url] = process.argv.slice(2);
const print = (...words) => console.log(JSON.stringify(words));

// podio-js replaces the first label of the host by "push". Not every machine resolves the names below localhost.
const lookup = dns.lookup;
dns.lookup = (name, ...rest) => lookup(name.endsWith('.localhost') ? '127.0.0.1' : name, ...rest);

function fayeClient() {
  const { Client } = require(path.join(modules, 'faye'));
  const client = new Client(`${url}/faye`);
  const pushes = {};
  client.addExtension({
    outgoing(message, callback) {
      const push = pushes[message.subscription];
      if (message.channel === '/meta/subscribe') {
        message.ext = { private_pub_signature: push.signature, private_pub_timestamp: push.timestamp };
      }
      callback(message);
    },
  });
  return {
    async subscribe(push, handler) {
      pushes[push.channel] = push;
      const subscription = client.subscribe(push.channel, handler);
      await subscription;
      return () => subscription.cancel();
    },
    disconnect: () => client.disconnect(),
  };
}

async function podioJsClient() {
  const PodioJS = require(path.join(modules, 'podio-js')).api;
  const apiURL = url.replace('127.0.0.1', 'localhost');
  const credentials = { authType: 'password', clientId: 'demo-client', clientSecret: 'demo-secret' };
  const podio = new PodioJS(credentials, { apiURL, enablePushService: true });
  await new Promise((resolve, reject) => {
    podio.authenticateWithCredentials('demo@example.com', 'demo', (error) => (error ? reject(error) : resolve()));
  });
  return {
    async subscribe(push, handler) {
      await podio.push(push).subscribe(handler);
      // podio-js has no way to unsubscribe, so its own client does it.
      return () => podio._fayeClient.unsubscribe(push.channel);
    },
    disconnect: () => podio._fayeClient.disconnect(),
  };
}

// CometD needs the parts of a browser that it uses.
class XMLHttpRequest {
  headers = {};
  status = 0;
  statusText = '';
  aborting = new AbortController();

  open(method, address) { Object.assign(this, { method, address }); }
  setRequestHeader(name, value) { this.headers[name] = value; }
  abort() { this.aborting.abort(); }

  async send(body) {
    const { method, headers, aborting: { signal } } = this;
    try {
      const response = await fetch(this.address, { method, headers, body, signal });
      this.responseText = await response.text();
      Object.assign(this, { status: response.status, statusText: response.statusText });
    } catch {
      return signal.aborted ? this.onabort() : this.onerror();
    }
    return this.onload();
  }
}

async function cometdClient() {
  globalThis.window = Object.assign(globalThis, { XMLHttpRequest });
  const { CometD } = await import(path.join(modules, 'cometd', 'cometd.js'));
  const client = new CometD();
  client.unregisterTransport('websocket');
  client.configure({ url: `${url}/faye`, logLevel: 'warn' });
  const done = (start) => new Promise((resolve, reject) => {
    start((reply) => (reply.successful ? resolve() : reject(new Error(reply.error))));
  });
  await done((callback) => client.handshake(callback));
  return {
    async subscribe(push, handler) {
      const ext = { private_pub_signature: push.signature, private_pub_timestamp: push.timestamp };
      let subscription;
      await done((callback) => {
        subscription = client.subscribe(push.channel, (message) => handler(message.data), { ext }, callback);
      });
      return () => done((callback) => client.unsubscribe(subscription, callback));
    },
    disconnect: () => done((callback) => client.disconnect(callback)),
  };
}

async function run() {
  const client = await { faye: fayeClient, 'podio-js': podioJsClient, cometd: cometdClient }[kind]();
  const cancels = {};
  const commands = {
    async subscribe(push) {
      const { channel } = push;
      try {
        cancels[channel] = await client.subscribe(push, (data) => print('message', channel, data));
        print('subscribed', channel);
      } catch (error) {
        print('refused', channel, error.message);
      }
    },
    async unsubscribe(channel) {
      await cancels[channel]();
      print('unsubscribed', channel);
    },
    async disconnect() {
      await client.disconnect();
      print('disconnected');
      process.exit(0);
    },
  };
  print('ready');
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const [name, argument] = JSON.parse(line);
    await commands[name](argument);
  }
  process.exit(0);
}

run();
