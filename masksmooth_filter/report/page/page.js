"use strict";
(() => {
  const report = JSON.parse(document.getElementById("report").textContent);
  const marks = JSON.parse(document.getElementById("marks").textContent);
  const { curves, series, cuts } = report.figures;
  const per = curves.frames_per_point;
  const points = curves.time_s.length;
  const timed = points > 0 && curves.time_s.every((t) => t !== null);
  const start = timed ? curves.time_s[0] : 0;
  // x is seconds where every frame has its time, else the frame's number
  const xs = timed ? curves.time_s : curves.time_s.map((_, i) => i * per);
  const charts = [...document.querySelectorAll(".chart")].map((box) => ({
    box, svg: box.querySelector("svg"), key: box.dataset.key, readout: [...box.querySelectorAll(".readout span")],
  }));
  const at = document.getElementById("at");
  const LEFT = 46, RIGHT = 8, TOP = 14, BOTTOM = 22, HEIGHT = 150;
  let first = 0, last = Math.max(0, points - 1), cursor = null, dragFrom = null;

  const clock = (t) => {
    const total = Math.abs(t), h = Math.floor(total / 3600), m = Math.floor(total / 60) % 60;
    const s = (total % 60).toFixed(3).padStart(6, "0");
    return `${t < 0 ? "-" : ""}${h ? `${h}:${String(m).padStart(2, "0")}` : m}:${s}`;
  };
  const shown = (value, digits) => value === null || value === undefined ? "\u2013"
    : value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const make = (parent, name, attributes, text) => {
    const node = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    if (text !== undefined) node.textContent = text;
    parent.append(node);
    return node;
  };
  const nice = (span, count) => {
    const rough = span / count, power = 10 ** Math.floor(Math.log10(rough));
    return power * ([1, 2, 2.5, 5, 10].find((step) => step * power >= rough) || 10);
  };
  const values = (one, key) => curves.series[one.name][key];

  function limits(chart) {
    let low = Infinity, high = -Infinity;
    for (const one of series) {
      const { mean, low: least = mean, high: most = mean } = values(one, chart.key);
      for (let i = first; i <= last; i += 1) {
        if (least[i] !== null && least[i] < low) low = least[i];
        if (most[i] !== null && most[i] > high) high = most[i];
      }
    }
    if (low > high) [low, high] = [0, 1];
    if (chart.box.dataset.top !== undefined) {
      high = Number(chart.box.dataset.top);
      low = Math.max(0, low - Math.max(0.005, (high - low) * 0.08));
    } else {
      low = 0;
      high = Math.max(high * 1.06, 10 ** -Number(chart.box.dataset.digits));
    }
    return [low, high];
  }

  // One column a pixel at most: the line is the mean of what falls there, the band its extremes.
  function columns({ mean, low = mean, high = mean }, x, width) {
    const size = Math.max(1, Math.ceil((last - first + 1) / width)), out = [];
    for (let i = first; i <= last; i += size) {
      let sum = 0, known = 0, least = Infinity, most = -Infinity;
      for (let k = i; k < Math.min(i + size, last + 1); k += 1) {
        if (mean[k] === null) continue;
        sum += mean[k]; known += 1;
        least = Math.min(least, low[k]); most = Math.max(most, high[k]);
      }
      const middle = Math.min(last, i + Math.floor((size - 1) / 2));
      out.push(known ? { x: x(middle), mean: sum / known, low: least, high: most } : null);
    }
    return out;
  }

  function path(run, y) { return run.map((p, i) => `${i ? "L" : "M"}${p.x.toFixed(1)} ${y(p.mean).toFixed(2)}`).join(""); }

  function runs(list) {
    const out = [[]];
    for (const point of list) { if (point) out[out.length - 1].push(point); else if (out[out.length - 1].length) out.push([]); }
    return out.filter((run) => run.length);
  }

  function drawCurve(svg, list, y, index) {
    const group = make(svg, "g", { class: `s${index}` });
    for (const run of runs(list)) {
      if (run.some((p) => p.high > p.low)) {
        const back = [...run].reverse();
        const d = [...run.map((p) => `${p.x.toFixed(1)} ${y(p.high).toFixed(1)}`), ...back.map((p) => `${p.x.toFixed(1)} ${y(p.low).toFixed(1)}`)];
        make(group, "path", { class: "band", d: `M${d.join("L")}Z` });
      }
      if (run.length === 1) make(group, "circle", { class: "dots", cx: run[0].x.toFixed(1), cy: y(run[0].mean).toFixed(2), r: 2.4 });
      else make(group, "path", { class: "curve", d: path(run, y) });
    }
  }

  function drawAxes(chart, width, x, y, [low, high]) {
    const { svg } = chart;
    const step = nice(high - low, 3);
    const digits = Math.max(0, Math.ceil(-Math.log10(step) - 1e-9) + (step.toString().includes("25") ? 1 : 0));
    for (let v = Math.ceil(low / step - 1e-9) * step; v <= high + 1e-9; v += step) {
      make(svg, "line", { class: "gridline", x1: LEFT, x2: width - RIGHT, y1: y(v), y2: y(v) });
      make(svg, "text", { x: LEFT - 6, y: y(v) + 4, "text-anchor": "end" }, shown(v + 0, Math.min(digits, 4)));
    }
    make(svg, "line", { class: "axis", x1: LEFT, x2: width - RIGHT, y1: HEIGHT - BOTTOM, y2: HEIGHT - BOTTOM });
    const from = xs[first], span = xs[last] - from;
    if (!(span > 0)) return;
    const tick = span > 150 ? [15, 30, 60, 120, 300, 600, 900, 1800, 3600].find((s) => span / s <= width / 90) || span / 5 : nice(span, width / 110);
    for (let t = Math.ceil((from - start) / tick - 1e-9) * tick + (timed ? start : 0); t <= from + span + 1e-9; t += tick) {
      const px = LEFT + ((t - from) / span) * (width - LEFT - RIGHT);
      if (px < LEFT - 1) continue;
      const label = !timed ? shown(t + 0, 0) : span > 150 ? clock(t).split(".")[0] : `${Number(t.toFixed(3)) + 0} s`;
      make(svg, "text", { x: px, y: HEIGHT - 6, "text-anchor": px > width - 40 ? "end" : "middle" }, label);
    }
  }

  const xOf = (frame) => timed && per === 1 ? xs[Math.min(frame, points - 1)] : xs[Math.min(Math.floor(frame / per), points - 1)];

  function draw(chart) {
    const { svg } = chart, width = svg.clientWidth || 600;
    svg.replaceChildren();
    svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    const span = xs[last] - xs[first] || 1, [low, high] = limits(chart);
    const place = (t) => LEFT + ((t - xs[first]) / span) * (width - LEFT - RIGHT);
    const x = (i) => place(xs[i]);
    const y = (v) => TOP + (1 - (v - low) / (high - low)) * (HEIGHT - TOP - BOTTOM);
    Object.assign(svg.dataset, { low, high, first, last, left: LEFT, right: width - RIGHT, top: TOP, bottom: HEIGHT - BOTTOM });
    drawAxes(chart, width, x, y, [low, high]);
    const within = (t) => t >= xs[first] && t <= xs[last];
    for (const { frame } of cuts) {
      const t = xOf(frame);
      if (within(t)) make(svg, "line", { class: "cut", x1: place(t), x2: place(t), y1: TOP, y2: HEIGHT - BOTTOM });
    }
    [...series.entries()].reverse().forEach(([index, one]) => { // raw and the run's own lie on top
      drawCurve(svg, columns(values(one, chart.key), x, Math.floor((width - LEFT - RIGHT) * 1.5)), y, index);
      const mean = chart.box.dataset.mean ? one[chart.box.dataset.mean] : null;
      if (mean !== null && mean >= low && mean <= high) {
        make(svg, "line", { class: `mean s${index}`, x1: LEFT, x2: width - RIGHT, y1: y(mean), y2: y(mean) });
      }
    });
    for (const frame of marks) {
      const t = xOf(frame);
      if (within(t)) make(svg, "circle", { class: "worst", cx: place(t), cy: TOP - 7, r: 3.5 });
    }
    chart.line = make(svg, "line", { class: "cursor", y1: TOP, y2: HEIGHT - BOTTOM, visibility: "hidden" });
    chart.x = x;
  }

  function point() {
    at.textContent = cursor === null ? "Mean of all frames"
      : `${timed ? `${clock(xs[cursor])}, ` : ""}frame ${cursor * per}${per > 1 ? ` to ${Math.min(cursor * per + per, report.frames) - 1}` : ""}`;
    for (const chart of charts) {
      series.forEach((one, index) => {
        const mean = chart.box.dataset.mean ? one[chart.box.dataset.mean] : null;
        const value = cursor === null ? mean : values(one, chart.key).mean[cursor];
        chart.readout[index].textContent = cursor === null && !chart.box.dataset.mean ? "" : shown(value, Number(chart.box.dataset.digits));
      });
      const seen = cursor !== null && cursor >= first && cursor <= last;
      chart.line.setAttribute("visibility", seen ? "visible" : "hidden");
      if (seen) { chart.line.setAttribute("x1", chart.x(cursor)); chart.line.setAttribute("x2", chart.x(cursor)); }
    }
  }

  function redraw() { charts.forEach(draw); point(); }

  function nearest(chart, event) {
    const box = chart.svg.getBoundingClientRect();
    const share = (event.clientX - box.left - LEFT) / (box.width - LEFT - RIGHT);
    const t = xs[first] + Math.min(1, Math.max(0, share)) * (xs[last] - xs[first]);
    let low = first, high = last;
    while (high - low > 1) { const mid = (low + high) >> 1; if (xs[mid] <= t) low = mid; else high = mid; }
    return t - xs[low] < xs[high] - t ? low : high;
  }

  function show(from, to) {
    const size = Math.min(points - 1, Math.max(4, Math.round(to - from)));
    first = Math.min(Math.max(0, Math.round(from)), Math.max(0, points - 1 - size));
    last = Math.max(0, Math.min(points - 1, first + size));
    redraw();
  }

  function zoom(factor) {
    const middle = cursor !== null && cursor >= first && cursor <= last ? cursor : (first + last) / 2;
    const size = (last - first) * factor;
    show(middle - (middle - first) * factor, middle - (middle - first) * factor + size);
  }

  function move(to) {
    cursor = Math.min(points - 1, Math.max(0, to));
    if (cursor < first || cursor > last) show(cursor - (last - first) / 2, cursor + (last - first) / 2);
    else point();
  }

  function brush(chart, from, to) {
    chart.svg.querySelector(".brush")?.remove();
    const [a, b] = [Math.min(from, to), Math.max(from, to)];
    make(chart.svg, "rect", { class: "brush", x: chart.x(a), width: chart.x(b) - chart.x(a), y: TOP, height: HEIGHT - TOP - BOTTOM });
  }

  for (const chart of charts) {
    chart.svg.addEventListener("pointerdown", (event) => {
      cursor = nearest(chart, event);
      dragFrom = event.pointerType === "mouse" ? cursor : null;
      point();
    });
    chart.svg.addEventListener("pointermove", (event) => {
      cursor = nearest(chart, event);
      if (dragFrom !== null) brush(chart, dragFrom, cursor);
      point();
    });
    chart.svg.addEventListener("pointerleave", (event) => { if (event.pointerType === "mouse") { cursor = null; dragFrom = null; redraw(); } });
    chart.svg.addEventListener("pointerup", (event) => {
      const to = nearest(chart, event);
      if (dragFrom !== null && Math.abs(to - dragFrom) > 2) show(Math.min(dragFrom, to), Math.max(dragFrom, to));
      dragFrom = null;
      chart.svg.querySelector(".brush")?.remove();
    });
    chart.svg.addEventListener("dblclick", () => show(0, points - 1));
  }
  document.getElementById("closer").addEventListener("click", () => zoom(0.5));
  document.getElementById("wider").addEventListener("click", () => zoom(2));
  document.getElementById("all").addEventListener("click", () => show(0, points - 1));
  document.getElementById("charts").addEventListener("keydown", (event) => {
    const now = cursor ?? first;
    const to = { ArrowRight: now + 1, ArrowLeft: now - 1, PageDown: now + 25, PageUp: now - 25, Home: 0, End: points - 1 }[event.key];
    if (to !== undefined) { event.preventDefault(); move(to); }
    else if (event.key === "+") zoom(0.5);
    else if (event.key === "-") zoom(2);
    else if (event.key === "Escape") { cursor = null; show(0, points - 1); }
  });

  function follow() {
    const frame = /^#frame=(\d+)$/.exec(location.hash);
    if (!frame || !points) return;
    move(Math.floor(Number(frame[1]) / per));
    document.getElementById("charts").scrollIntoView();
  }
  addEventListener("hashchange", follow);
  for (const link of document.querySelectorAll(".jump")) link.addEventListener("click", () => setTimeout(follow));
  if (points) {
    redraw();
    follow();
    new ResizeObserver(redraw).observe(document.getElementById("charts"));
  }
  document.documentElement.dataset.ready = "yes";
})();
