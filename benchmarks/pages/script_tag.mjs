// A page in JavaScript on the script tag.
const { token, path } = benchSettings;
const podio = await window.podioWeb.ready;
podio.setAccessToken(token);
const data = await podio.get(path);
benchAnswered("user" in data, "{}");
window.benchCalls = { client: where => podio.get(where) };
