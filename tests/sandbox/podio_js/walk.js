'use strict';
// Drives podio-js, unchanged but for its host, through what its documentation shows.
// Usage: node walk.js <apiURL> <step> [argument as JSON]; prints one JSON object.

const path = require('path');
const modules = path.join(__dirname, '..', '..', '..', 'node_modules');
const PodioJS = require(path.join(modules, 'podio-js')).api;

const [apiURL, step, argument] = process.argv.slice(2);
const input = argument ? JSON.parse(argument) : {};

// http://podio.github.io/podio-js/sessions/: get hands the auth to a callback, set calls back when it is done.
const saved = { auth: undefined, writes: 0 };
const sessionStore = {
  get: (authType, callback) => callback(saved.auth),
  set: (auth, authType, callback) => {
    saved.auth = auth;
    saved.writes += 1;
    if (typeof callback === 'function') callback(null);
  },
};

let refreshed = 0;
function podioFor(authType, store) {
  const options = { apiURL, afterTokenRefreshed: () => { refreshed += 1; } };
  if (store) options.sessionStore = sessionStore;
  return new PodioJS({ authType, clientId: 'demo-client', clientSecret: 'demo-secret' }, options);
}

// podio-js calls back; a promise reads better.
const done = (start) => new Promise((resolve, reject) => {
  start((error, data) => (error ? reject(error) : resolve(data)));
});
const signIn = (podio) => done((cb) => podio.authenticateWithCredentials('demo@example.com', 'demo', cb));

async function control(pathname, body) {
  const response = await fetch(apiURL + pathname, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${pathname}: ${response.status}`);
}

const steps = {
  async password() {
    const podio = podioFor('password', true);
    await signIn(podio);
    await podio.isAuthenticated();
    const status = await podio.request('get', '/user/status');
    return { status, auth: saved.auth };
  },
  async wrongPassword() {
    const podio = podioFor('password', false);
    try {
      await done((cb) => podio.authenticateWithCredentials('demo@example.com', 'wrong', cb));
    } catch (error) {
      return { name: error.name, status: error.status, message: error.message };
    }
    return {};
  },
  async withoutStore() {
    const podio = podioFor('password', false);
    const token = await signIn(podio);
    return { token, status: await podio.request('get', '/user/status') };
  },
  async authorizationUrl() {
    return { url: podioFor('server', false).getAuthorizationURL('http://localhost:3000/cb') };
  },
  async code() {
    const podio = podioFor('server', true);
    await done((cb) => podio.getAccessToken(input.code, 'http://localhost:3000/cb', cb));
    return { status: await podio.request('get', '/user/status'), auth: saved.auth };
  },
  async app() {
    const podio = podioFor('app', true);
    await done((cb) => podio.authenticateWithApp(input.appId, input.appToken, cb));
    return { app: await podio.request('get', `/app/${input.appId}`), auth: saved.auth };
  },
  async refresh() {
    const podio = podioFor('password', true);
    await signIn(podio);
    const before = saved.auth.accessToken;
    await control('/sandbox/clock', { advance: 28801 });
    const status = await podio.request('get', '/user/status');
    return { status, before, after: saved.auth.accessToken, refreshed };
  },
  async deadRefresh() {
    const podio = podioFor('password', true);
    await signIn(podio);
    saved.auth.refreshToken = undefined;
    await control('/sandbox/tokens/expire', {});
    try {
      await podio.request('get', '/user/status');
    } catch (error) {
      return { name: error.name, status: error.status, body: error.message };
    }
    return {};
  },
  async items() {
    const podio = podioFor('password', true);
    await signIn(podio);
    const fields = { title: 'Made by podio-js', hours: 2.5, status: 2, due: { start: '2026-03-01 09:00:00' } };
    const created = await podio.request('post', '/item/app/3001/', { fields, external_id: 'js-1' });
    const read = await podio.request('get', `/item/${created.item_id}`);
    const updated = await podio.request('put', `/item/${created.item_id}`, { revision: 0, fields: { title: 'Changed' } });
    const found = await podio.request('post', '/item/app/3001/filter/', { filters: { external_id: 'js-1' } });
    const listed = await podio.request('get', '/comment/item/6101/', { limit: 2 });
    await podio.request('delete', `/item/${created.item_id}`);
    const errors = {};
    for (const [name, call] of Object.entries({
      gone: () => podio.request('get', `/item/${created.item_id}`),
      missing: () => podio.request('get', '/item/1'),
      conflict: () => podio.request('put', '/item/6101', { revision: 7, fields: { title: 'x' } }),
      bad: () => podio.request('put', '/item/6101', { fields: { nope: 'x' } }),
    })) {
      try {
        await call();
      } catch (error) {
        errors[name] = { name: error.name, description: error.message.error_description };
      }
    }
    return { created, read, updated, found, listed, errors };
  },
  async upload() {
    const podio = podioFor('password', true);
    await signIn(podio);
    const file = await podio.uploadFile(input.path, input.name);
    await podio.request('post', `/file/${file.file_id}/attach`, { ref_type: 'item', ref_id: 6101 });
    return { file, item: await podio.request('get', '/item/6101') };
  },
};

steps[step]().then(
  (result) => { process.stdout.write(JSON.stringify(result)); },
  (error) => { process.stderr.write(String((error && error.stack) || error)); process.exitCode = 1; },
);
