// Greet the user by name.
const podio = await window.podioWeb.ready;
const button = document.querySelector("#sign-in");
const status = document.querySelector("#status");

async function greet() {
  const me = await podio.get("/user/status");
  status.textContent = `Hello ${me.profile.name}`;
  button.hidden = true;
}

async function signIn() {
  await podio.login();
  await greet();
}

function show(error) {
  status.textContent = error.message;
}

button.addEventListener("click", () => signIn().catch(show));
status.textContent = "You are signed out.";
if (await podio.isAuthenticated()) await greet().catch(show);
button.disabled = false;
