// A page on podio-js: https://podio.github.io/podio-js/api-requests/
import PodioJS from "podio-js/lib/podio-js.js";

const { api_url, client_id, token, path } = benchSettings;
const podio = new PodioJS({ authType: "client", clientId: client_id }, { apiURL: api_url });
podio.setAccessToken(token);
const data = await podio.request("get", path);
benchAnswered("user" in data, "{}");
window.benchCalls = { client: where => podio.request("get", where) };
