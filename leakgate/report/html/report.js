/* Sorting, filtering, the cursor of the charts, copying, the colour scheme. The page reads without it. */
"use strict";
(() => {
  const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));
  const make = (name, cls) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    element.setAttribute("class", cls);
    return element;
  };

  /* colour scheme: the system's, until the reader chooses */
  const theme = document.getElementById("theme");
  const remember = (value) => { try { localStorage.setItem("leakgate-theme", value); } catch { /* file pages may have no storage */ } };
  const recall = () => { try { return localStorage.getItem("leakgate-theme"); } catch { return null; } };
  const isDark = () => {
    const chosen = document.documentElement.dataset.theme;
    return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  };
  const label = () => { theme.textContent = isDark() ? "Light colours" : "Dark colours"; };
  const stored = recall();
  if (stored === "dark" || stored === "light") document.documentElement.dataset.theme = stored;
  theme.hidden = false;
  label();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", label);
  theme.addEventListener("click", () => {
    const next = isDark() ? "light" : "dark";
    document.documentElement.dataset.theme = next;
    remember(next);
    label();
  });

  /* the table: one header button a column; numbers largest first, names from A */
  const table = document.querySelector("table.overview");
  const status = document.getElementById("status");
  const body = table && table.tBodies[0];
  const collator = new Intl.Collator(undefined, { numeric: true });
  const compare = (index, numeric, sign) => (left, right) => {
    const a = left.cells[index].dataset.sort;
    const b = right.cells[index].dataset.sort;
    if (!numeric) return sign * collator.compare(a, b);
    if (a === "" || b === "") return (a === "") - (b === "");
    return sign * (Number(a) - Number(b));
  };
  const sortBy = (header) => {
    const numeric = header.dataset.kind === "number";
    const now = header.getAttribute("aria-sort");
    const next = now === "none" ? (numeric ? "descending" : "ascending") : (now === "ascending" ? "descending" : "ascending");
    for (const other of all("th[aria-sort]", table)) other.setAttribute("aria-sort", "none");
    header.setAttribute("aria-sort", next);
    const rows = Array.from(body.rows).sort(compare(header.cellIndex, numeric, next === "ascending" ? 1 : -1));
    body.append(...rows);
    status.textContent = `Sorted by ${header.textContent.trim()}, ${next}.`;
  };
  if (table) {
    for (const header of all("th[aria-sort]", table)) {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...header.childNodes);
      header.append(button);
      button.addEventListener("click", () => sortBy(header));
    }
  }

  /* filter by verdict and by a part of the name */
  const filters = document.getElementById("filters");
  if (filters) {
    const search = filters.querySelector("input");
    const chips = all("button", filters);
    const nothing = document.getElementById("nothing");
    const sections = new Map(all("details.script").map((section) => [section.id, section]));
    const apply = () => {
      const chosen = chips.find((chip) => chip.getAttribute("aria-pressed") === "true").dataset.verdict;
      const part = search.value.trim().toLowerCase();
      let shown = 0;
      for (const row of body.rows) {
        const fits = (!chosen || row.dataset.verdict === chosen) && row.cells[0].textContent.toLowerCase().includes(part);
        row.hidden = !fits;
        const section = sections.get(row.dataset.section);
        if (section) section.hidden = !fits;
        shown += fits ? 1 : 0;
      }
      nothing.hidden = shown > 0;
      status.textContent = `${shown} of ${body.rows.length} scripts shown.`;
    };
    for (const chip of chips) {
      chip.addEventListener("click", () => {
        for (const other of chips) other.setAttribute("aria-pressed", String(other === chip));
        apply();
      });
    }
    search.addEventListener("input", apply);
    filters.hidden = false;
  }

  /* a link to a script opens its section */
  const openTarget = () => {
    const target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    if (target && target.matches("details.script")) {
      target.hidden = false;
      target.open = true;
      drawCharts(target);
      target.querySelector("summary").focus({ preventScroll: true });
      target.scrollIntoView();
    }
  };
  addEventListener("hashchange", openTarget);
  document.addEventListener("click", (event) => {
    const link = event.target.closest && event.target.closest("a[href^='#']");
    if (link && link.hash === location.hash) openTarget();
  });

  /* copy */
  for (const block of all(".copied")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button";
    button.textContent = "Copy";
    block.append(button);
    button.addEventListener("click", async () => {
      const code = block.querySelector("pre");
      try {
        await navigator.clipboard.writeText(code.textContent);
        button.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(code);
        button.textContent = "Selected";
      }
      setTimeout(() => { button.textContent = "Copy"; }, 1600);
    });
  }

  /* the cursor of a chart: values are read back from the drawn line, whose units are ten-thousandths of the axes */
  const UNITS = [["GB", 1e9], ["MB", 1e6], ["KB", 1e3]];
  const size = (bytes) => {
    const unit = UNITS.find(([, scale]) => Math.abs(bytes) >= scale * 0.9995);
    return unit ? `${Number((bytes / unit[1]).toPrecision(4))} ${unit[0]}` : `${Math.round(bytes)} B`;
  };
  const shown = (value, unit) => (unit === "bytes" ? size(value) : Math.round(value).toLocaleString("en"));
  const clock = (seconds) => {
    if (seconds < 60) return `${seconds.toFixed(1)} s`;
    const whole = Math.round(seconds);
    const minutes = `${Math.floor(whole / 60) % 60} m ${String(whole % 60).padStart(2, "0")} s`;
    return whole < 3600 ? minutes : `${Math.floor(whole / 3600)} h ${minutes}`;
  };
  const decode = (path) => {
    const numbers = path.getAttribute("d").match(/-?\d+/g).map(Number);
    const points = [];
    let x = 0;
    let y = 0;
    for (let i = 0; i < numbers.length; i += 2) {
      x += numbers[i];
      y += numbers[i + 1];
      points.push([x, y]);
    }
    return points;
  };
  const nearest = (points, x) => {
    let low = 0;
    let high = points.length - 1;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (points[middle][0] < x) low = middle; else high = middle;
    }
    return x - points[low][0] < points[high][0] - x ? low : high;
  };
  /* where the line is at x; between two readings, and in a gap, on the straight line that is drawn */
  const heightAt = (points, x) => {
    const after = points.findIndex(([px]) => px >= x);
    if (after <= 0) return points[after < 0 ? points.length - 1 : 0][1];
    const [[x0, y0], [x1, y1]] = [points[after - 1], points[after]];
    return x1 === x0 ? y1 : y0 + ((x - x0) / (x1 - x0)) * (y1 - y0);
  };
  const startCursor = (chart) => {
    const stops = chart.dataset.stops.split(" ").map((stop) => stop.split(":").map(Number));
    const secondsAt = (part) => {
      const after = Math.max(1, stops.findIndex(([, right]) => right >= part));
      const [[s0, p0], [s1, p1]] = [stops[after - 1], stops[after]];
      return s0 + ((part - p0) / (p1 - p0)) * (s1 - s0);
    };
    const panels = all(".panel", chart).map((panel) => {
      const plot = panel.querySelector(".plot");
      const line = plot.appendChild(make("line", "cursor"));
      line.setAttribute("y1", "0");
      line.setAttribute("y2", "100%");
      const dot = plot.appendChild(make("circle", "cursor-dot"));
      dot.setAttribute("r", "4");
      return {
        plot, line, dot,
        points: decode(panel.querySelector(".reading")),
        low: Number(panel.dataset.low), high: Number(panel.dataset.high),
        unit: panel.dataset.unit, title: panel.dataset.title,
      };
    });
    const tip = chart.querySelector(".tip");
    const place = (x) => {
      const lines = [];
      for (const { line, dot, points, low, high, unit, title } of panels) {
        const py = heightAt(points, x);
        line.setAttribute("x1", `${x / 100}%`);
        line.setAttribute("x2", `${x / 100}%`);
        dot.setAttribute("cx", `${x / 100}%`);
        dot.setAttribute("cy", `${Math.max(0, Math.min(10000, py)) / 100}%`);
        lines.push(`${title} ${shown(high - (py / 10000) * (high - low), unit)}`);
      }
      const at = secondsAt(x / 10000);
      const phase = at < Number(chart.dataset.warm) ? "warm-up" : (at > Number(chart.dataset.watched) ? "after the measured window" : "measured");
      tip.textContent = [`${clock(at)}, ${phase}`, ...lines].join("\n");
      const box = chart.getBoundingClientRect();
      const plot = panels[0].plot.getBoundingClientRect();
      const left = plot.left - box.left + (x / 10000) * plot.width;
      tip.style.left = `${left + 14 + tip.offsetWidth > box.width ? Math.max(0, left - 14 - tip.offsetWidth) : left + 14}px`;
    };
    const clear = () => {
      tip.textContent = "";
      for (const { line, dot } of panels) { line.removeAttribute("x1"); line.removeAttribute("x2"); dot.setAttribute("cx", "-10"); }
    };
    clear();
    return { place, clear, panels };
  };
  const listen = (chart) => {
    let cursor = null;
    let at = 10000;
    const ready = () => { cursor = cursor || startCursor(chart); return cursor; };
    const move = (x) => { at = Math.min(10000, Math.max(0, x)); ready().place(at); };
    chart.tabIndex = 0;
    chart.addEventListener("pointermove", (event) => {
      const box = chart.querySelector(".plot").getBoundingClientRect();
      if (event.clientX >= box.left && event.clientX <= box.right) move(((event.clientX - box.left) / box.width) * 10000);
    });
    chart.addEventListener("pointerleave", () => ready().clear());
    chart.addEventListener("blur", () => ready().clear());
    chart.addEventListener("keydown", (event) => {
      const points = ready().panels[0].points;
      const step = (by) => points[Math.min(points.length - 1, Math.max(0, nearest(points, at) + by))][0];
      const keys = {
        ArrowLeft: () => step(-1), ArrowRight: () => step(1),
        PageUp: () => at - 1000, PageDown: () => at + 1000, Home: () => 0, End: () => 10000,
      };
      if (event.key === "Escape") { cursor.clear(); return; }
      if (event.target !== chart || !(event.key in keys)) return;
      event.preventDefault();
      move(keys[event.key]());
    });
  };
  all(".chart").forEach(listen);

  /* the chart of a closed section waits as text in a noscript element, so that a page of hundreds opens quickly;
     all text of the run was escaped in it when the page was written, as everywhere on the page */
  const drawCharts = (section) => {
    for (const waiting of all("noscript", section)) {
      const { body: drawn } = new DOMParser().parseFromString(waiting.textContent, "text/html");
      all(".chart", drawn).forEach(listen);
      waiting.replaceWith(...drawn.childNodes);
    }
  };
  document.addEventListener("toggle", (event) => { if (event.target.matches("details.script")) drawCharts(event.target); }, true);

  /* the picture of stacks: the pointer or the arrow keys choose a call, and its text stands below */
  for (const picture of all(".icicle")) {
    const readout = picture.querySelector(".readout");
    const cells = all(".cell", picture).map((cell) => ({
      cell, depth: Number(cell.dataset.depth), left: Number(cell.dataset.left), right: Number(cell.dataset.right),
    }));
    let chosen = null;
    const choose = (next) => {
      if (chosen) chosen.cell.classList.remove("on");
      chosen = next || null;
      if (chosen) chosen.cell.classList.add("on");
      readout.textContent = chosen ? chosen.cell.dataset.label : "";
    };
    const row = (depth) => cells.filter((one) => one.depth === depth);
    const beside = (step) => {
      const same = row(chosen.depth);
      return same[same.indexOf(chosen) + step] || chosen;
    };
    const middle = () => (chosen.left + chosen.right) / 2;
    const moves = {
      ArrowUp: () => row(chosen.depth - 1).find((one) => one.left <= middle() && middle() <= one.right) || chosen,
      ArrowDown: () => row(chosen.depth + 1).find((one) => one.left >= chosen.left - 1e-4 && one.right <= chosen.right + 1e-4) || chosen,
      ArrowLeft: () => beside(-1), ArrowRight: () => beside(1),
      Home: () => cells[0], End: () => cells[cells.length - 1],
    };
    picture.tabIndex = 0;
    picture.addEventListener("pointermove", (event) => {
      const cell = event.target.closest(".cell");
      if (cell) choose(cells.find((one) => one.cell === cell));
    });
    picture.addEventListener("pointerdown", (event) => {
      const cell = event.target.closest(".cell");
      if (cell) choose(cells.find((one) => one.cell === cell));
    });
    picture.addEventListener("focus", () => { if (!chosen) choose(cells[0]); });
    picture.addEventListener("keydown", (event) => {
      if (event.key === "Escape") { choose(null); return; }
      if (!(event.key in moves)) return;
      event.preventDefault();
      choose(chosen ? moves[event.key]() : cells[0]);
    });
  }

  /* a table that is wider than its place says so */
  const cue = (box) => box.classList.toggle("cut", box.scrollWidth > box.clientWidth + 1);
  const watched = new ResizeObserver((entries) => entries.forEach((entry) => cue(entry.target)));
  for (const box of all(".scroll")) watched.observe(box);

  openTarget();
})();
