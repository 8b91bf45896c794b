"use strict";
/* The page: panes that look at the same place, their modes, keys and pointers, and the table. */

const $ = (id) => document.getElementById(id);
const data = JSON.parse($("data").textContent);
const size = {width: data.size[0], height: data.size[1]};
const state = {mode: "grid", look: null, fitted: true, a: 0, b: Math.min(2, data.views.length - 1),
  wipe: 0.5, differs: false, outline: false, blinkOn: false, held: false, shown: new Set()};
data.views.forEach((_, index) => state.shown.add(index));
let tiles = null, outline = null, panes = [], due = false, blinking = null;

function screenPixels() {
  return window.devicePixelRatio || 1;
}

function paneSize() {
  const canvas = panes[0].canvas;
  return {width: canvas.width, height: canvas.height};
}

/* ---------- drawing ---------- */

function drawView(pen, view, pane) {
  const level = levelFor(state.look.zoom, size, data.tile);
  const differs = state.differs && view > 1;
  const whole = Number.isInteger(state.look.zoom);
  pen.imageSmoothingEnabled = state.look.zoom < 2 && !whole;
  pen.imageSmoothingQuality = "high";
  for (const one of visibleTiles(state.look, size, pane, data.tile, level)) {
    const tile = tiles.get(view, differs, level, one.column, one.row);
    const place = [one.left, one.top, one.right - one.left, one.bottom - one.top];
    if (tile) {
      pen.drawImage(tile, 0, 0, one.width, one.height, ...place);
    } else {
      pen.fillStyle = "#000";
      pen.fillRect(...place);
    }
  }
}

function drawOutline(pen, pane) {
  const corner = cornerOf(state.look, pane), zoom = state.look.zoom;
  pen.save();
  pen.setTransform(zoom, 0, 0, zoom, corner.x, corner.y);
  for (const [colour, width, dash] of [["#000", 2, []], ["#fff", 1, [5, 4]]]) {
    pen.strokeStyle = colour;
    pen.lineWidth = width * screenPixels() / zoom;
    pen.setLineDash(dash.map((length) => length * screenPixels() / zoom));
    pen.stroke(outline);
  }
  pen.restore();
}

function drawPane(one) {
  const pen = one.canvas.getContext("2d"), pane = paneSize();
  pen.setTransform(1, 0, 0, 1, 0, 0);
  pen.clearRect(0, 0, pane.width, pane.height);
  if (state.mode === "wipe") {
    const at = Math.round(state.wipe * pane.width);
    for (const [view, left, right] of [[state.a, 0, at], [state.b, at, pane.width]]) {
      pen.save();
      pen.beginPath();
      pen.rect(left, 0, right - left, pane.height);
      pen.clip();
      drawView(pen, view, pane);
      pen.restore();
    }
    if (state.outline) drawOutline(pen, pane);
    pen.fillStyle = "#000";
    pen.fillRect(at - 2, 0, 4, pane.height);
    pen.fillStyle = "#fff";
    pen.fillRect(at - 1, 0, 2, pane.height);
    return;
  }
  drawView(pen, viewOf(one), pane);
  if (state.outline) drawOutline(pen, pane);
}

function viewOf(pane) {
  if (state.mode === "grid") return state.held ? 0 : pane.view;
  const first = state.mode === "blink" ? !state.blinkOn : state.held;
  return first ? state.a : state.b;
}

function draw() {
  due = false;
  if (!tiles || !panes.length) return;
  fitCanvases();
  panes.forEach(drawPane);
  for (const one of panes) one.caption.textContent = captionOf(one);
  $("zoom").textContent = `${Math.round(state.look.zoom * 1000) / 10} %`;
}

function captionOf(one) {
  const title = (view) => data.views[view].title
    + (state.differs && view > 1 ? ", difference from the original x4" : "");
  if (state.mode === "wipe") return `left: ${title(state.a)}; right: ${title(state.b)}`;
  return title(viewOf(one));
}

function redraw() {
  if (!due) requestAnimationFrame(draw);
  due = true;
}

/* ---------- panes ---------- */

function layOut() {
  const stage = $("stage");
  const views = state.mode === "grid" ? [...state.shown].sort((a, b) => a - b) : [state.b];
  stage.replaceChildren();
  panes = (views.length ? views : [0]).map((view) => {
    const figure = document.createElement("figure"), canvas = document.createElement("canvas");
    const caption = document.createElement("figcaption");
    canvas.tabIndex = 0;
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", state.mode === "grid" ? data.views[view].title
      : `${data.views[state.a].title} and ${data.views[state.b].title}, ${state.mode}`);
    figure.append(canvas, caption);
    stage.append(figure);
    listen(canvas);
    return {view, canvas, caption};
  });
  if (state.fitted) state.look = null;
  redraw();
}

function fitCanvases() {
  const stage = $("stage"), area = {width: stage.clientWidth, height: stage.clientHeight};
  const columns = bestColumns(panes.length, size, area, 8);
  stage.style.gridTemplateColumns = `repeat(${columns}, minmax(0, 1fr))`;
  stage.style.gridTemplateRows = `repeat(${Math.ceil(panes.length / columns)}, minmax(0, 1fr))`;
  const ratio = screenPixels();
  const box = panes[0].canvas.getBoundingClientRect();
  const width = Math.max(1, Math.round(box.width * ratio));
  const height = Math.max(1, Math.round(box.height * ratio));
  for (const {canvas} of panes) {
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
  }
  if (!state.look) state.look = fitLook(size, {width, height});
  state.look = clampLook(state.look, size, {width, height});
}

/* ---------- moving about ---------- */

function zoomBy(factor, point) {
  const pane = paneSize();
  state.fitted = false;
  state.look = zoomAt(state.look, factor, point || {x: pane.width / 2, y: pane.height / 2}, size,
    pane);
  redraw();
}

function pan(right, down) {
  state.fitted = false;
  state.look = panBy(state.look, right, down, size, paneSize());
  redraw();
}

function fit() {
  state.fitted = true;
  state.look = null;
  redraw();
}

function onCanvas(event) {
  const box = event.currentTarget.getBoundingClientRect(), ratio = screenPixels();
  return {x: (event.clientX - box.left) * ratio, y: (event.clientY - box.top) * ratio};
}

function listen(canvas) {
  const fingers = new Map();
  let wiping = false;
  const nearWipe = (point) => state.mode === "wipe"
    && Math.abs(point.x - state.wipe * canvas.width) < 14 * screenPixels();
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 30 : 1;
    zoomBy(Math.exp(-event.deltaY * lines * (event.ctrlKey ? 0.01 : 0.0015)), onCanvas(event));
  }, {passive: false});
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, onCanvas(event));
    wiping = fingers.size === 1 && nearWipe(onCanvas(event));
  });
  canvas.addEventListener("pointermove", (event) => {
    const now = onCanvas(event), before = fingers.get(event.pointerId);
    canvas.classList.toggle("wiping", wiping || nearWipe(now));
    if (!before) return;
    fingers.set(event.pointerId, now);
    if (wiping) {
      setWipe(now.x / canvas.width);
    } else if (fingers.size === 1) {
      pan(now.x - before.x, now.y - before.y);
    } else if (fingers.size === 2) {
      const [other] = [...fingers].filter(([id]) => id !== event.pointerId).map(([, at]) => at);
      const middle = (at) => ({x: (at.x + other.x) / 2, y: (at.y + other.y) / 2});
      const apart = (at) => Math.max(1, Math.hypot(at.x - other.x, at.y - other.y));
      zoomBy(apart(now) / apart(before), middle(before));
      pan(middle(now).x - middle(before).x, middle(now).y - middle(before).y);
    }
  });
  for (const end of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(end, (event) => {
      fingers.delete(event.pointerId);
      wiping = false;
    });
  }
  canvas.addEventListener("dblclick", (event) => zoomBy(2, onCanvas(event)));
}

/* ---------- choices ---------- */

function setWipe(share) {
  state.wipe = Math.min(1, Math.max(0, share));
  $("wipe").value = String(Math.round(1000 * state.wipe));
  redraw();
}

function setMode(mode) {
  state.mode = mode;
  for (const button of document.querySelectorAll("[data-mode]")) {
    button.setAttribute("aria-pressed", String(button.dataset.mode === mode));
  }
  $("pair").hidden = mode === "grid";
  $("wiping").hidden = mode !== "wipe";
  $("blinking").hidden = mode !== "blink";
  clearInterval(blinking);
  if (mode === "blink") startBlinking();
  layOut();
}

function startBlinking() {
  clearInterval(blinking);
  blinking = setInterval(() => {
    if (!$("pause").checked) state.blinkOn = !state.blinkOn;
    redraw();
  }, 1000 / Number($("rate").value));
}

function choose(which, view) {
  state[which] = view;
  $(which).value = String(view);
  for (const row of document.querySelectorAll("#restorations tbody tr")) {
    row.classList.toggle("chosen", Number(row.dataset.view) === state.b);
  }
  redraw();
}

function step(by) {
  const count = data.views.length;
  choose("b", (state.b + by + count) % count);
}

function toggle(name, on) {
  state[name] = on;
  $(name).checked = on;
  redraw();
}

const KEYS = {
  "+": () => zoomBy(1.25), "=": () => zoomBy(1.25), "-": () => zoomBy(0.8), "0": fit,
  "1": () => zoomBy(1 / state.look.zoom),
  g: () => setMode("grid"), v: () => setMode("single"), w: () => setMode("wipe"),
  b: () => setMode("blink"), d: () => toggle("differs", !state.differs),
  o: () => toggle("outline", !state.outline), n: () => step(1), p: () => step(-1),
  x: () => {
    const {a, b} = state;
    choose("a", b);
    choose("b", a);
  },
};
const ARROWS = {ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1]};

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || !state.look) return;
  if (event.target.closest("input, select, button, summary, a") && event.key !== "Escape") {
    if (event.key === " " || event.key.startsWith("Arrow")) return;
    if (event.target.closest("select")) return;
  }
  const arrow = ARROWS[event.key];
  if (arrow && event.target.closest("canvas")) {
    pan(...arrow.map((by) => 60 * screenPixels() * by));
  } else if (event.key === " " && event.target.closest("canvas")) {
    if (state.mode === "blink") $("pause").checked = event.repeat ? $("pause").checked
      : !$("pause").checked;
    else state.held = true;
    redraw();
  } else if (KEYS[event.key]) {
    KEYS[event.key]();
  } else {
    return;
  }
  event.preventDefault();
}

/* ---------- the table ---------- */

function sortable(table) {
  const body = table.tBodies[0];
  for (const button of table.querySelectorAll("th button")) {
    const head = button.closest("th");
    button.addEventListener("click", () => {
      const falling = head.getAttribute("aria-sort") === "ascending";
      for (const other of table.querySelectorAll("th")) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", falling ? "descending" : "ascending");
      const cell = (row) => row.cells[head.cellIndex].dataset.value;
      const rows = [...body.rows];
      rows.sort((one, other) => compareCells(cell(one), cell(other), falling));
      body.append(...rows);
    });
  }
}

/* ---------- beginning ---------- */

function outlineOf(polygons) {
  const path = new Path2D();
  for (const points of polygons) {
    path.moveTo(points[0], points[1]);
    for (let place = 2; place < points.length; place += 2) {
      path.lineTo(points[place], points[place + 1]);
    }
    path.closePath();
  }
  return path;
}

async function decoded(patch) {
  const image = new Image();
  image.src = patch[4];
  await image.decode();
  return [...patch.slice(0, 4), image];
}

async function begin() {
  $("viewer").hidden = false;
  $("still").hidden = true;
  sortable($("restorations"));
  await $("base").decode();
  const base = await createImageBitmap($("base"));
  const made = new Tiles(size, data.tile, base);
  for (const view of data.views.slice(1)) {
    made.add(await Promise.all(view.patches.map(decoded)));
    view.patches = null;
  }
  tiles = made;
  outline = outlineOf(data.outline);
  $("busy").hidden = true;
  connect();
  choose("a", state.a);
  choose("b", state.b);
  setMode("grid");
  document.documentElement.dataset.ready = "yes";
}

function connect() {
  const zooms = {in: () => zoomBy(1.25), out: () => zoomBy(0.8), fit, one: KEYS["1"]};
  for (const button of document.querySelectorAll("[data-zoom]")) {
    button.addEventListener("click", zooms[button.dataset.zoom]);
  }
  for (const button of document.querySelectorAll("[data-mode]")) {
    button.addEventListener("click", () => setMode(button.dataset.mode));
  }
  for (const which of ["a", "b"]) {
    $(which).addEventListener("change", () => choose(which, Number($(which).value)));
  }
  for (const name of ["differs", "outline"]) {
    $(name).addEventListener("change", () => toggle(name, $(name).checked));
  }
  for (const box of document.querySelectorAll("[data-shows]")) {
    box.addEventListener("change", () => {
      state.shown[box.checked ? "add" : "delete"](Number(box.dataset.shows));
      layOut();
    });
  }
  for (const button of document.querySelectorAll("[data-choose]")) {
    button.addEventListener("click", () => choose("b", Number(button.dataset.choose)));
  }
  $("wipe").addEventListener("input", () => setWipe(Number($("wipe").value) / 1000));
  $("rate").addEventListener("change", startBlinking);
  document.addEventListener("keydown", onKey);
  document.addEventListener("keyup", (event) => {
    if (event.key === " ") state.held = false;
    redraw();
  });
  new ResizeObserver(() => {
    if (state.fitted) state.look = null;
    redraw();
  }).observe($("stage"));
}

begin().catch((error) => {
  $("busy").textContent = `This browser cannot show the pictures (${error.message}); `
    + "the small ones below stand for them.";
  $("still").hidden = false;
});
