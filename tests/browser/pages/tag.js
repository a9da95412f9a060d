// Puts the script tag into the page that the address asks for, and writes down what it tells the page.
"use strict";
window.heard = [];
for (const name of ["progress", "ready", "error"]) {
  addEventListener(`podio-web:${name}`, ({ detail }) => {
    const { loaded, total, code, interpreter } = detail;
    heard.push({ name, loaded, total, code, interpreter, message: name === "error" ? String(detail.message) : undefined });
  });
}

const wanted = new URLSearchParams(location.search);
const tag = document.createElement("script");
tag.src = wanted.get("src") ?? "/podio-web/podio-web.js";
if (!wanted.has("classic")) tag.type = "module";
for (const [name, value] of wanted) if (name.startsWith("data-")) tag.setAttribute(name, value);

const block = wanted.get("block");
if (block) {
  const python = document.createElement("script");
  python.type = "text/python";
  python.dataset.podio = "";
  tag.nonce = python.nonce = "made-up";
  python.textContent = block;
  document.body.append(python);
}

// What a test wants to happen before Python is there, or even before the tag.
window.early?.();
tag.onload = () => window.loaded?.();
document.head.append(tag);

document.getElementById("click").addEventListener("click", () => { window.clicked = window.onClick(); });
