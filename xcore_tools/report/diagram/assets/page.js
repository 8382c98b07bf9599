"use strict";
// The page's only script. Names of tables come in as data and go out as text, never as HTML.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const { tables, lines, ways } = data;
  const one = (id) => document.getElementById(id);
  const stage = one("stage"), picture = one("picture"), view = one("view"), panel = one("panel");
  const boxes = tables.map((_, number) => one(`t${number}`));
  const edges = [...view.querySelectorAll(".edge")];
  const numberOf = new Map(tables.map((table, number) => [table.name, number]));
  const touching = tables.map(() => []); // the lines of each table, by number
  lines.forEach((line, number) => {
    touching[line.from].push(number);
    if (line.to !== line.from) touching[line.to].push(number);
  });

  /** A new element with attributes and children; texts stay texts. */
  function make(name, attributes = {}, ...children) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  }
  /** A name that may be broken after its underscores and dots. */
  const broken = (name) => name.split(/(?<=[_.])/).flatMap((part, number) => (number ? [make("wbr"), part] : [part]));
  const plural = (number, word) => `${number} ${word}${number === 1 ? "" : "s"}`;

  // ---- where we look from: x and y are where the picture's corner is on the stage, k is the scale
  const place = { x: 0, y: 0, k: 1 };
  const DISTANT = 0.45, NEAREST = 3, AT_ONCE = 10;
  let farthest = 0.05, isAsked = false, motion = 0, rest = 0;

  function paint() {
    isAsked = false;
    view.style.transform = `translate(${place.x}px, ${place.y}px) scale(${place.k})`;
    picture.classList.add("moving"); // what moves is not drawn again until it rests
    clearTimeout(rest);
    rest = setTimeout(() => { picture.classList.remove("moving"); reveal(); }, 160);
    one("scale").textContent = `${Math.round(place.k * 100)}%`;
    reveal();
  }
  function ask() {
    if (!isAsked) requestAnimationFrame(paint);
    isAsked = true;
  }

  /** Columns are drawn only of tables that are seen, and only where they can be read. */
  const isNear = tables.map(() => false);
  let isDistant = false;
  function reveal() {
    if (isDistant !== place.k < DISTANT) picture.classList.toggle("distant", (isDistant = !isDistant));
    const { width, height } = size();
    const left = -place.x / place.k, top = -place.y / place.k;
    const right = left + width / place.k, bottom = top + height / place.k;
    let changes = 0;
    tables.forEach(({ box: [x, y, w, h] }, number) => {
      const isSeen = !isDistant && x < right && y < bottom && x + w > left && y + h > top;
      if (isSeen === isNear[number] || ++changes > AT_ONCE) return;
      boxes[number].classList.toggle("near", (isNear[number] = isSeen));
    });
    if (changes > AT_ONCE) ask(); // the others with the next frame
  }

  let measured = null;
  function size() {
    measured ??= stage.getBoundingClientRect();
    return measured;
  }
  new ResizeObserver(() => { measured = null; ask(); }).observe(stage);

  function zoomAt(x, y, factor) {
    const k = Math.min(NEAREST, Math.max(farthest, place.k * factor));
    place.x = x - (x - place.x) * (k / place.k);
    place.y = y - (y - place.y) * (k / place.k);
    place.k = k;
    ask();
  }
  const zoom = (factor) => { stop(); zoomAt(size().width / 2, size().height / 2, factor); };
  function move(x, y) { place.x += x; place.y += y; ask(); }
  function stop() { cancelAnimationFrame(motion); }

  function go(to) {
    stop();
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) { Object.assign(place, to); return ask(); }
    const from = { ...place }, begin = performance.now();
    const step = (now) => {
      const part = Math.min(1, Math.max(0, now - begin) / 260), eased = 1 - (1 - part) ** 3;
      for (const key of ["x", "y", "k"]) place[key] = from[key] + (to[key] - from[key]) * eased;
      paint();
      if (part < 1) motion = requestAnimationFrame(step);
    };
    motion = requestAnimationFrame(step);
  }
  /** Where these tables fill the stage. */
  function around(numbers, most = 1.2) {
    const shown = numbers.length ? numbers.map((number) => tables[number].box) : [[0, 0, 400, 300]];
    const left = Math.min(...shown.map((b) => b[0])), right = Math.max(...shown.map((b) => b[0] + b[2]));
    const top = Math.min(...shown.map((b) => b[1])), bottom = Math.max(...shown.map((b) => b[1] + b[3]));
    const { width, height } = size();
    const k = Math.min(most, (width - 48) / (right - left), (height - 48) / (bottom - top));
    return { k, x: (width - (left + right) * k) / 2, y: (height - (top + bottom) * k) / 2 };
  }
  function whole() {
    const to = around([...tables.keys()].filter((number) => !hidden[number]));
    farthest = Math.min(0.2, Math.max(to.k / 2, 0.005));
    return to;
  }
  /** Where a table and its neighbours are seen, or itself at least if they are too far from each other. */
  function near(number) {
    const all = around([...neighbourhood(number)[0]], 1);
    return all.k >= 0.6 ? all : alone(number);
  }
  function alone(number) {
    const [x, y, w, h] = tables[number].box, { width, height } = size();
    const k = Math.max(place.k, Math.min(1, 0.9 * Math.min(width / w, height / Math.min(h, 500))));
    const top = Math.min((height - h * k) / 2, 60); // of a high table, its head
    return { k, x: width / 2 - (x + w / 2) * k, y: h * k > height ? top - y * k : (height - h * k) / 2 - y * k };
  }

  // ---- pointers: one moves, two pinch, a click selects
  const fingers = new Map();
  let travelled = 0;
  const spread = () => { const [a, b] = [...fingers.values()]; return Math.hypot(a.x - b.x, a.y - b.y); };
  picture.addEventListener("pointerdown", (event) => {
    if (event.button > 1) return;
    stop();
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (fingers.size === 1) travelled = 0;
  });
  addEventListener("pointermove", (event) => {
    const finger = fingers.get(event.pointerId);
    if (!finger) return;
    const dx = event.clientX - finger.x, dy = event.clientY - finger.y;
    const before = fingers.size === 2 ? spread() : 0;
    finger.x = event.clientX; finger.y = event.clientY;
    travelled += Math.abs(dx) + Math.abs(dy);
    if (travelled > 4) picture.classList.add("held");
    if (fingers.size === 2) {
      const { left, top } = size(), [a, b] = [...fingers.values()];
      move(dx / 2, dy / 2);
      if (before) zoomAt((a.x + b.x) / 2 - left, (a.y + b.y) / 2 - top, spread() / before);
    } else if (travelled > 4) move(dx, dy);
  });
  for (const name of ["pointerup", "pointercancel"]) {
    addEventListener(name, (event) => {
      fingers.delete(event.pointerId);
      if (!fingers.size) picture.classList.remove("held");
    });
  }
  picture.addEventListener("wheel", (event) => {
    event.preventDefault();
    stop();
    const { left, top } = size(), lineHeight = event.deltaMode ? 30 : 1;
    if (event.shiftKey) return move(-(event.deltaX || event.deltaY) * lineHeight, 0);
    const speed = event.ctrlKey ? 0.01 : 0.0016; // a pinch on a touchpad comes with ctrl
    zoomAt(event.clientX - left, event.clientY - top, Math.exp(-event.deltaY * lineHeight * speed));
  }, { passive: false });
  const tableAt = (event) => {
    const found = event.target.closest?.(".table");
    return found ? boxes.indexOf(found) : -1;
  };
  picture.addEventListener("click", (event) => {
    if (travelled > 4) return;
    select(tableAt(event), { isSeen: true });
  });
  picture.addEventListener("dblclick", (event) => { const at = tableAt(event); if (at >= 0) go(near(at)); });

  // ---- what is bright: the table that the pointer is on, or else the selected one, or else what was found
  let selected = -1, hovered = -1, found = null, lit = [];
  function neighbourhood(number) {
    const near = new Set([number]), bright = new Set(touching[number]);
    for (const line of touching[number]) {
      const other = lines[line].from === number ? lines[line].to : lines[line].from;
      near.add(other);
      if (!tables[other].between) continue; // from many to many: what is on its other side, too
      for (const next of touching[other]) { bright.add(next); near.add(lines[next].to); }
    }
    return [near, bright];
  }
  function light() {
    const at = hovered >= 0 ? hovered : selected;
    lit.forEach((element) => element.classList.remove("on"));
    lit = [];
    if (at >= 0) {
      const [near, bright] = neighbourhood(at);
      lit = [...[...near].map((each) => boxes[each]), ...[...bright].map((each) => edges[each])];
    } else if (found) lit = found.map((each) => boxes[each]);
    lit.forEach((element) => element.classList.add("on"));
    picture.classList.toggle("dim", at >= 0 || Boolean(found));
  }
  picture.addEventListener("pointerover", (event) => {
    if (fingers.size || event.pointerType === "touch") return;
    const at = tableAt(event);
    if (at !== hovered) { hovered = at; light(); }
  });
  picture.addEventListener("pointerleave", () => { hovered = -1; light(); });

  // ---- selection, which the address keeps
  function select(number, { isSeen = false, isQuiet = false } = {}) {
    if (selected >= 0) {
      boxes[selected].classList.remove("at");
      boxes[selected].removeAttribute("aria-pressed");
    }
    selected = number;
    describe();
    markResults();
    if (number >= 0) {
      boxes[number].classList.add("at");
      boxes[number].setAttribute("aria-pressed", "true");
      reach(number);
      if (!isSeen) go(near(number));
      one("status").textContent = `${tables[number].name} selected, ${plural(touching[number].length, "relation")}`;
    }
    light();
    if (!isQuiet) {
      const address = number < 0 ? location.pathname + location.search : `#${encodeURIComponent(tables[number].name)}`;
      try { history.replaceState(null, "", address); } catch { location.hash = number < 0 ? "" : address; }
    }
  }
  function follow() {
    let name = location.hash.slice(1);
    try { name = decodeURIComponent(name); } catch { /* as it is */ }
    const number = numberOf.get(name) ?? -1;
    if (number !== selected) select(number, { isQuiet: true });
    return number >= 0;
  }
  addEventListener("hashchange", follow);

  // ---- the panel
  function describe() {
    const wasHidden = panel.hidden;
    panel.hidden = selected < 0;
    if (wasHidden !== panel.hidden) measured = null;
    panel.replaceChildren();
    if (selected < 0) return;
    const table = tables[selected];
    const close = make("button", { type: "button", class: "close", "aria-label": "Close" }, "✕");
    close.addEventListener("click", () => { select(-1); picture.focus(); });
    panel.append(close, make("h2", {}, ...broken(table.name)));
    panel.scrollTop = 0;
    if (table.between) panel.append(make("p", { class: "muted" }, "Stands between two tables: many to many."));
    if (table.at) {
      const copy = make("button", { type: "button", class: "copy", "aria-label": `Copy ${table.at}` }, "Copy");
      copy.addEventListener("click", () => copied(table.at, copy));
      panel.append(make("p", { class: "at" }, make("code", {}, table.at), copy));
    }
    if (table.models?.length) panel.append(make("p", {}, make("span", { class: "muted" }, "class "), make("code", {}, table.models.join(", "))));
    for (const way of ways) {
      const group = way.of[selected];
      if (group) panel.append(make("p", {}, make("span", { class: "muted" }, `${way.name} `), make("code", {}, group)));
    }
    if (table.comment) panel.append(make("p", {}, table.comment));
    section(plural(table.columns.length, "column"), make("table", {}, ...table.columns.map(columnRow)));
    const out = touching[selected].filter((each) => lines[each].from === selected);
    const into = touching[selected].filter((each) => lines[each].to === selected && lines[each].from !== selected);
    list("Refers to", out.map((each) => relation(lines[each], lines[each].to)));
    list("Referred to by", into.map((each) => relation(lines[each], lines[each].from)));
    list("Many to many", through().map(([other, between]) => make("li", {}, link(other), make("small", {}, `through ${tables[between].name}`))));
    list("Relationships", (table.relations ?? []).map(([name, target, secondary]) =>
      make("li", {}, make("code", {}, name), " → ", make("code", {}, target), ...(secondary ? [make("small", {}, `through ${secondary}`)] : []))));
    list("Keys and indexes", table.keys.map(([kind, name, columns]) =>
      make("li", {}, make("span", { class: "muted" }, `${kind} `), make("code", {}, columns), ...(name ? [make("small", {}, name)] : []))));
  }
  function section(title, content) { panel.append(make("h3", {}, title), content); }
  function list(title, items) { if (items.length) section(title, make("ul", {}, ...items)); }
  function columnRow(column) {
    const signs = (column.marks ?? []).map((mark) => make("span", { class: `sign ${mark}` }, mark));
    const note = [column.default === undefined ? "" : `default ${column.default}`, column.comment ?? ""].filter(Boolean).join(" · ");
    return make("tr", {}, make("th", { scope: "row" }, ...signs, column.name, ...(note ? [make("small", {}, note)] : [])),
      make("td", {}, column.type, ...(column.null ? [make("small", {}, "may be null")] : [])));
  }
  function link(number) {
    const anchor = make("a", { href: `#${encodeURIComponent(tables[number].name)}` }, tables[number].name);
    anchor.addEventListener("click", (event) => { event.preventDefault(); select(number); panel.focus(); });
    return anchor;
  }
  function relation(line, other) {
    const many = line.single ? "one" : "many";
    const words = [`${line.columns} → ${line.referred || "its key"}`, `${many} to one${line.optional ? ", may be null" : ""}`, line.actions ?? ""];
    return make("li", {}, link(other), make("small", {}, words.filter(Boolean).join(" · ")));
  }
  function through() {
    const pairs = [];
    for (const each of touching[selected]) {
      const between = lines[each].from;
      if (between === selected || !tables[between].between) continue;
      for (const next of touching[between]) if (next !== each && lines[next].from === between) pairs.push([lines[next].to, between]);
    }
    return pairs;
  }
  async function copied(text, button) {
    try { await navigator.clipboard.writeText(text); button.textContent = "Copied"; }
    catch { getSelection().selectAllChildren(button.previousSibling); button.textContent = "Selected"; }
  }

  // ---- search: by name first, then by column
  const search = one("search"), results = one("results");
  let options = [], active = -1;
  function matches(query) {
    const wanted = query.trim().toLowerCase(), ranked = [];
    tables.forEach((table, number) => {
      if (hidden[number]) return;
      const at = table.name.toLowerCase().indexOf(wanted);
      const column = at < 0 ? table.columns.find((each) => each.name.toLowerCase().includes(wanted)) : null;
      if (at >= 0 || column) ranked.push({ number, column: column?.name, rank: at === 0 ? 0 : at > 0 ? 1 : 2 });
    });
    return wanted ? ranked.sort((one, other) => one.rank - other.rank || one.number - other.number) : ranked;
  }
  function seek() {
    const hits = matches(search.value);
    found?.forEach((each) => boxes[each].classList.remove("found"));
    found = search.value.trim() ? hits.map((hit) => hit.number) : null;
    found?.forEach((each) => boxes[each].classList.add("found"));
    options = hits.map(({ number, column }, index) => {
      const item = make("li", { id: `o${index}`, role: "option", "data-table": number }, ...broken(tables[number].name), ...(column ? [make("small", {}, column)] : []));
      item.addEventListener("click", () => select(number));
      return item;
    });
    results.replaceChildren(...(options.length ? options : [make("li", { class: "none", role: "presentation" }, "Nothing is called so.")]));
    activate(found && options.length ? 0 : -1);
    markResults();
    light();
  }
  function activate(index) {
    options[active]?.classList.remove("active");
    active = index;
    const option = options[active];
    option?.classList.add("active");
    option?.scrollIntoView({ block: "nearest" });
    if (option) search.setAttribute("aria-activedescendant", option.id);
    else search.removeAttribute("aria-activedescendant");
  }
  function markResults() {
    for (const option of options) option.setAttribute("aria-selected", String(Number(option.dataset.table) === selected));
  }
  search.addEventListener("input", seek);
  search.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && options.length) {
      event.preventDefault();
      activate((active + step + options.length + (active < 0 && step < 0 ? 1 : 0)) % options.length);
    } else if (event.key === "Enter" && active >= 0) {
      event.preventDefault();
      select(Number(options[active].dataset.table));
    } else if (event.key === "Escape") {
      event.stopPropagation();
      if (search.value) { search.value = ""; seek(); } else picture.focus();
    }
  });

  // ---- keys
  let reached = 0; // the table that Tab and the arrows are at
  function reach(number) {
    boxes[reached]?.setAttribute("tabindex", "-1");
    reached = number;
    boxes[reached]?.setAttribute("tabindex", "0");
  }
  function next(dx, dy) {
    const middle = ({ box: [x, y, w, h] }) => [x + w / 2, y + h / 2];
    const [x, y] = middle(tables[reached]);
    let best = -1, least = Infinity;
    tables.forEach((table, number) => {
      if (number === reached || hidden[number]) return;
      const [tx, ty] = middle(table), along = (tx - x) * dx + (ty - y) * dy, beside = Math.abs((tx - x) * dy) + Math.abs((ty - y) * dx);
      const cost = along + 2 * beside;
      if (along > 1 && cost < least) [best, least] = [number, cost];
    });
    return best;
  }
  function focusOn(number) {
    reach(number);
    boxes[number].focus({ preventScroll: true });
    const [x, y, w, h] = tables[number].box, { width, height } = size();
    const left = x * place.k + place.x, top = y * place.k + place.y;
    if (left < 0 || top < 0 || left + w * place.k > width || top + Math.min(h * place.k, height) > height) go(near(number));
  }
  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  picture.addEventListener("keydown", (event) => {
    const arrow = ARROWS[event.key];
    if (arrow && !tables.length) return;
    if (arrow && event.shiftKey) { event.preventDefault(); stop(); move(-arrow[0] * 80, -arrow[1] * 80); }
    else if (arrow) {
      event.preventDefault();
      const isOnTable = document.activeElement?.classList.contains("table");
      const target = isOnTable ? next(...arrow) : reached;
      if (target >= 0) focusOn(target);
    } else if ((event.key === "Enter" || event.key === " ") && document.activeElement?.classList.contains("table")) {
      event.preventDefault();
      select(boxes.indexOf(document.activeElement));
    }
  });
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches?.("input, select, textarea")) return;
    if (event.key === "/") { event.preventDefault(); search.focus(); search.select(); }
    else if (event.key === "+" || event.key === "=") zoom(1.25);
    else if (event.key === "-") zoom(0.8);
    else if (event.key === "0") go(whole());
    else if (event.key === "Escape") select(-1);
  });
  one("in").addEventListener("click", () => zoom(1.4));
  one("out").addEventListener("click", () => zoom(1 / 1.4));
  one("fit").addEventListener("click", () => go(whole()));

  // ---- groups: colours, and what is shown
  const way = one("way"), legend = one("legend"), hidden = tables.map(() => false);
  way.append(make("option", { value: "" }, "none"), ...ways.map(({ name }, number) => make("option", { value: number }, `by ${name}`)));
  one("by").hidden = !ways.length;
  function color() {
    const chosen = way.value === "" ? null : ways[Number(way.value)];
    boxes.forEach((box, number) => {
      box.classList.remove(...[...box.classList].filter((name) => /^g\d+$/.test(name)));
      const group = chosen ? chosen.groups.indexOf(chosen.of[number]) : -1;
      if (group >= 0) box.classList.add(`g${group % data.colors}`);
      hidden[number] = false;
    });
    legend.hidden = !chosen;
    legend.replaceChildren(legend.firstElementChild);
    chosen?.groups.forEach((name, group) => legend.append(groupSwitch(chosen, name, group)));
    show();
  }
  function groupSwitch(chosen, name, group) {
    const box = make("input", { type: "checkbox" }), count = chosen.of.filter((each) => each === name).length;
    box.checked = true;
    box.addEventListener("change", () => {
      chosen.of.forEach((each, number) => { if (each === name) hidden[number] = !box.checked; });
      show();
    });
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg"), dot = document.createElementNS(svg.namespaceURI, "circle");
    svg.setAttribute("class", `g${group % data.colors}`);
    for (const key of ["width", "height"]) svg.setAttribute(key, "12");
    for (const [key, value] of [["class", "strip"], ["cx", 6], ["cy", 6], ["r", 5]]) dot.setAttribute(key, value);
    svg.append(dot);
    return make("label", {}, box, svg, `${name} (${count})`);
  }
  function show() {
    boxes.forEach((box, number) => box.classList.toggle("gone", hidden[number]));
    edges.forEach((edge, number) => edge.classList.toggle("gone", hidden[lines[number].from] || hidden[lines[number].to]));
    if (selected >= 0 && hidden[selected]) select(-1);
    seek();
  }
  way.addEventListener("change", color);

  // ---- light and dark
  const root = document.documentElement;
  const kept = { get: () => { try { return localStorage.getItem("theme"); } catch { return null; } }, set: (value) => { try { localStorage.setItem("theme", value); } catch { /* not kept */ } } };
  const isDark = () => root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  if (["light", "dark"].includes(kept.get())) root.dataset.theme = kept.get();
  one("theme").addEventListener("click", () => { root.dataset.theme = isDark() ? "light" : "dark"; kept.set(root.dataset.theme); });

  // ---- begin
  one("counts").textContent = `${plural(tables.length, "table")}, ${plural(lines.length, "foreign key")}`;
  const first = ways.findIndex(({ name }) => name !== "module");
  way.value = first < 0 ? "" : String(first);
  color();
  reach(0);
  Object.assign(place, whole());
  paint();
  follow();
})();
