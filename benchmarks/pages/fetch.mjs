// What a page does by hand, without a client.
const { api_url, token, path } = benchSettings;
const call = async where => {
  const response = await fetch(api_url + where, { headers: { Authorization: `OAuth2 ${token.access_token}` } });
  return response.json();
};
const data = await call(path);
benchAnswered("user" in data, "{}");
window.benchCalls = { client: call };
