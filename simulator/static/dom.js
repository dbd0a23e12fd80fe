// Small tools to build elements without ever touching HTML strings.

/** Makes an element: attributes (on* are listeners, `dataset` an object), then children. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "dataset") Object.assign(element.dataset, value);
    else if (value === true) element.setAttribute(name, "");
    else element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const PATHS = {
  back: ["M15 5l-7 7 7 7"],
  close: ["M6 6l12 12M18 6L6 18"],
  send: ["M4 12l16-8-6 16-3-6z"],
  attach: ["M21 11l-9 9a5.5 5.5 0 0 1-8-8l9-9a3.7 3.7 0 0 1 5.3 5.300l-9 9a1.8 1.8 0 0 1-2.6-2.600l8-8"],
  list: ["M4 7h16M4 12h16M4 17h10"],
  reply: ["M9 7L4 12l5 5M4 12h9a7 7 0 0 1 7 7"],
  link: ["M14 4h6v6M20 4l-9 9M18 14v6H4V6h6"],
  file: ["M7 3h7l5 5v13H7zM14 3v5h5"],
  pin: ["M12 21s7-6.5 7-11.5a7 7 0 1 0-14 0C5 14.5 12 21 12 21zM12 12a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z"],
  person: ["M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4 20c1-4 4-6 8-6s7 2 8 6"],
  sound: ["M5 10v4h4l5 4V6L9 10zM17 9c1.5 2 1.5 4 0 6"],
  wifi: ["M3 9c5-5 13-5 18 0M6 12.5c3.5-3.5 8.5-3.5 12 0M9 16c1.8-1.8 4.2-1.8 6 0M12 19.5v0"],
  offline: ["M3 3l18 18M6 12.5c1-1 2.2-1.7 3.5-2.100M9 16c1.8-1.8 4.2-1.8 6 0M12 19.5v0M3 9c1.2-1.2 2.6-2.1 4-2.700M14 6.200c2.6.4 5 1.3 7 2.8"],
  receipts: ["M2 13l4 4 9-10M11 16l1 1 9-10"],
  block: ["M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM6 6l12 12"],
  battery: ["M3 8h15v8H3zM18 10.5h2.5v3H18M5 10h9v4H5z"],
};

/** An icon that means nothing by itself; its button has the words. */
export function icon(name) {
  return svg("0 0 24 24", PATHS[name], { "aria-hidden": "true" });
}

const TICKS = {
  pending: { label: "Waiting for network", paths: ["M10 2a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10 4v2.5l1.7 1"] },
  sent: { label: "Sent", paths: ["M5 6.5l3 3L14 3"] },
  delivered: { label: "Delivered", paths: ["M1.5 6.5l3 3L10.5 3M7.5 8.5l1 1L15.5 3"] },
  read: { label: "Read", paths: ["M1.5 6.5l3 3L10.5 3M7.5 8.5l1 1L15.5 3"] },
};

/** The ticks of a message one has written. */
export function ticks(status) {
  const { label, paths } = TICKS[status] ?? TICKS.sent;
  const drawn = svg("0 0 17 12", paths, { role: "img", "aria-label": label, class: "ticks" });
  drawn.dataset.status = status;
  return drawn;
}

function svg(viewBox, paths, attributes) {
  const space = "http://www.w3.org/2000/svg";
  const drawn = document.createElementNS(space, "svg");
  const all = { viewBox, fill: "none", stroke: "currentColor", "stroke-width": viewBox.startsWith("0 0 24") ? 1.8 : 1.5, "stroke-linecap": "round", "stroke-linejoin": "round", ...attributes };
  for (const [name, value] of Object.entries(all)) drawn.setAttribute(name, value);
  for (const path of paths) {
    const line = document.createElementNS(space, "path");
    line.setAttribute("d", path);
    drawn.append(line);
  }
  return drawn;
}

/** A round avatar with initials, always the same colour for the same name. */
export function avatar(name) {
  const words = name.trim().split(/\s+/).filter(Boolean);
  const initials = words.length > 1 ? [words[0], words.at(-1)] : words;
  const hue = [...name].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 7, 0);
  const letters = initials.map((word) => [...word][0].toUpperCase()).join("");
  return h("span", { class: "avatar", "aria-hidden": "true", dataset: { hue } }, letters || "?");
}

const CLOCK = new Intl.DateTimeFormat([], { hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat([], { weekday: "long", day: "numeric", month: "long" });

/** "14:05" */
export const clock = (at) => CLOCK.format(at);

/** "Today", or the day in words. */
export function day(at, now = Date.now()) {
  const same = new Date(at).toDateString() === new Date(now).toDateString();
  return same ? "Today" : DAY.format(at);
}

/** Calls the simulator; throws its sentence when it refuses. */
export async function call(method, path, body) {
  const answer = await fetch(path, { method, body: body && JSON.stringify(body), headers: body && { "content-type": "application/json" } });
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.error ?? "The simulator refused.");
  return said;
}
