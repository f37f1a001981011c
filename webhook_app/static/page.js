// Keeps #live in step with the server while a run goes on, and lends the forms a hand.
"use strict";

const PAUSE = 600; // milliseconds between two looks
const PAUSE_OFFLINE = 3000;

const wait = (ms) => new Promise((done) => setTimeout(done, ms));
const seen = () => new Promise((done) => document.addEventListener("visibilitychange", done, { once: true }));

async function follow(live) {
  const offline = document.querySelector(".offline");
  let etag = "";
  while (live.dataset.live === "yes") {
    await wait(offline.hidden ? PAUSE : PAUSE_OFFLINE);
    if (document.hidden) await seen();
    try {
      const answer = await fetch(live.dataset.src, { cache: "no-store", headers: etag ? { "If-None-Match": etag } : {} });
      offline.hidden = answer.ok || answer.status === 304;
      if (!answer.ok) continue;
      etag = answer.headers.get("ETag") ?? "";
      morph(live, new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("live"));
      document.title = live.dataset.title ?? document.title;
    } catch {
      offline.hidden = false;
    }
  }
}

// Changes `old` into `fresh` and leaves alone what is equal, so that images, focus and opened details stay.
function morph(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  if (old.nodeName !== fresh.nodeName || old.id !== fresh.id) return void old.replaceWith(fresh);
  if (old.nodeType !== Node.ELEMENT_NODE) return void (old.nodeValue = fresh.nodeValue);
  morphAttributes(old, fresh);
  let at = old.firstChild;
  for (const child of [...fresh.childNodes]) {
    const twin = child.id ? old.querySelector(`:scope > [id="${CSS.escape(child.id)}"]`) : at?.id ? null : at;
    if (!twin) {
      old.insertBefore(child, at);
      continue;
    }
    if (twin === at) at = at.nextSibling;
    else old.insertBefore(twin, at);
    morph(twin, child);
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

function morphAttributes(old, fresh) {
  for (const { name, value } of fresh.attributes) {
    if (name !== "open" && old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  for (const { name } of [...old.attributes]) {
    if (name !== "open" && !fresh.hasAttribute(name)) old.removeAttribute(name);
  }
}

// A canvas needs no blob: address, so the content security policy stays as strict as it is.
async function preview(input, canvas) {
  const file = input.files[0];
  const limit = 20 * 1024 * 1024;
  input.setCustomValidity(file && file.size > limit ? "The photo is larger than 20 MB. Choose a smaller copy." : "");
  const image = file && file.size <= limit && (await createImageBitmap(file).catch(() => null));
  canvas.hidden = !image;
  if (!image) return;
  const scale = Math.min(1, 640 / Math.max(image.width, image.height));
  canvas.width = image.width * scale;
  canvas.height = image.height * scale;
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
}

// A second click while the first is under way would list a second product.
for (const form of document.forms) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
  addEventListener("pageshow", () => delete form.dataset.sent);
}

const live = document.getElementById("live");
if (live) follow(live);

const photo = document.getElementById("photo");
if (photo instanceof HTMLInputElement) {
  photo.addEventListener("change", () => preview(photo, document.getElementById("preview")));
}
