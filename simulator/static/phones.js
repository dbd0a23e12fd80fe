// The page: which phones are on the screen, and the socket that keeps them live.

import { call } from "./dom.js";
import { People } from "./people.js";
import { Phone } from "./phone.js";

const shelf = document.querySelector(".shelf");
const empty = document.querySelector(".shelf-empty");
const panel = document.querySelector(".people");
const toggle = document.querySelector(".people-toggle");
const light = document.querySelector(".light");
const phones = new Map();
let socket;
let pause = 250;

const people = new People({ isShown: (waId) => phones.has(waId), show: (waId) => { add(waId); look(waId); } });

setInterval(() => phones.forEach((phone) => phone.tell()), 5_000);
toggle.addEventListener("click", () => openPanel(!panel.classList.contains("is-open")));

function openPanel(isOpen) {
  panel.classList.toggle("is-open", isOpen);
  toggle.setAttribute("aria-expanded", String(isOpen));
  toggle.textContent = isOpen ? "Close" : "People";
}

function say(word) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(word));
}

function add(waId) {
  if (phones.has(waId)) return;
  const phone = new Phone(waId, { say, remove: () => remove(waId) });
  phones.set(waId, phone);
  shelf.append(phone.element);
  say({ type: "show", wa_id: waId });
  arrange();
}

function remove(waId) {
  say({ type: "hide", wa_id: waId });
  phones.get(waId)?.element.remove();
  phones.delete(waId);
  arrange();
  shelf.focus();
}

/** Brings a phone into view, once it is drawn. */
function look(waId) {
  openPanel(false);
  const phone = phones.get(waId);
  phone?.element.scrollIntoView({ inline: "center", block: "nearest" });
  requestAnimationFrame(() => phone?.view.querySelector("input[name=text]")?.focus({ preventScroll: true }));
}

/** The address says which phones are shown, so that it can be shared and reloaded. */
function arrange() {
  empty.hidden = phones.size > 0;
  const shown = [...phones.keys()];
  const address = shown.length === 1 && location.pathname === `/phones/${shown[0]}` ? location.pathname
    : shown.length ? `/?phones=${shown.join(",")}` : "/";
  history.replaceState(null, "", address);
  people.draw();
}

function wanted() {
  const single = /^\/phones\/\+?(\d+)$/.exec(location.pathname)?.[1];
  const listed = new URLSearchParams(location.search).get("phones")?.split(",") ?? [];
  return [single, ...listed].map((waId) => waId?.replace(/\D/g, "")).filter(Boolean);
}

function connect() {
  socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/phones/socket`);
  socket.addEventListener("open", () => {
    pause = 250;
    setLight("live");
    for (const waId of phones.keys()) say({ type: "show", wa_id: waId });
    people.look();
  });
  socket.addEventListener("message", ({ data }) => hear(JSON.parse(data)));
  socket.addEventListener("close", () => {
    setLight("connecting");
    setTimeout(connect, pause);
    pause = Math.min(pause * 2, 4000);
  });
}

function hear(news) {
  switch (news.type) {
    case "show": phones.get(news.phone.wa_id)?.showAll(news.phone); break;
    case "phone": phones.get(news.phone?.wa_id)?.update(news.phone); break;
    case "message": phones.get(news.wa_id)?.take(news.phone_number_id, news.message); break;
    case "people": people.lookSoon(); break;
    case "missing": remove(news.wa_id); break;
    case "reset":
      for (const waId of phones.keys()) { say({ type: "hide", wa_id: waId }); say({ type: "show", wa_id: waId }); }
      people.look();
      break;
  }
}

function setLight(state) {
  light.dataset.state = state;
  light.querySelector(".light-word").textContent = state;
}

/** A phone opened by its address exists from then on. */
async function begin() {
  for (const waId of wanted()) {
    const found = await call("GET", `/phones/people?q=${waId}`);
    if (!found.people.some((person) => person.wa_id === waId)) await call("POST", "/control/users", { wa_id: waId, auto_read: false });
    add(waId);
  }
  if (phones.size === 0 && matchMedia("(max-width: 760px)").matches) openPanel(true);
  connect();
}

begin();
