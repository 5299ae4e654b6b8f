// Draws a chart in its frame from the data that stands in the document. This and the libraries of charts are the only
// scripts that run there: the policy of the document takes none from inside it.
(() => {
  "use strict";
  const words = document.body.dataset;
  const draw = {
    "application/vnd.plotly.v1+json": async (chart, data) => {
      const layout = { ...data.layout };
      delete layout.width; // the frame has the width of the chat
      await Plotly.newPlot(chart, { ...data, layout, config: { responsive: true, displaylogo: false } });
    },
    "application/vnd.vegalite.v6+json": (chart, spec) =>
      vegaEmbed(chart, spec, {
        mode: "vega-lite",
        ast: true, // its expressions are interpreted: nothing may be compiled here
        actions: { export: true, source: false, compiled: false, editor: false },
      }),
    "application/vnd.bokeh.item+json": (chart, item) => {
      chart.id = "bokeh";
      return Bokeh.embed.embed_item(item, "bokeh");
    },
    "application/vnd.glassbox.map+json": (chart, data) => drawMap(chart, data),
    "application/vnd.glassbox.film+json": (chart, film) => showFilm(chart, film),
  };

  const pin = (colour) => {
    const paths = `<path d="M14 37C10 29 1 23 1 14a13 13 0 0 1 26 0c0 9-9 15-13 23z" fill="${colour}" stroke="white"/>`;
    const html = `<svg viewBox="0 0 28 38" width="28" height="38">${paths}<circle cx="14" cy="14" r="4.5" fill="white"/></svg>`;
    return L.divIcon({ className: "", html, iconSize: [28, 38], iconAnchor: [14, 37], popupAnchor: [0, -34] });
  };

  const shapes = {
    marker: ({ at, colour, html }) => {
      if (html) return L.marker(at, { icon: L.divIcon({ html, className: "" }) });
      return L.marker(at, colour ? { icon: pin(colour) } : {});
    },
    circle: ({ at, style }) => L.circle(at, style),
    dot: ({ at, style }) => L.circleMarker(at, style),
    line: ({ points, style }) => L.polyline(points, style),
    area: ({ points, style }) => L.polygon(points, style),
    rectangle: ({ points, style }) => L.rectangle(points, style),
    heat: ({ points, style }) => L.heatLayer(points, style),
    shapes: ({ shapes: all }) =>
      L.layerGroup(all.map(({ shape, style, popup, tooltip }) => named(L.geoJSON(shape, { style }), popup, tooltip))),
    group: ({ layers }) => L.layerGroup(layers.map(layer)),
    cluster: ({ layers }) => L.markerClusterGroup().addLayers(layers.map(layer)),
  };
  const named = (drawn, popup, tooltip) => {
    if (popup) drawn.bindPopup(popup);
    if (tooltip) drawn.bindTooltip(tooltip, { sticky: true });
    return drawn;
  };
  const layer = (data) => named(shapes[data.kind](data), data.popup, data.tooltip);

  const legend = ({ caption, colours, least, most }) => {
    const box = L.control({ position: "topright" });
    box.onAdd = () => {
      const element = L.DomUtil.create("div", "legend");
      const bar = L.DomUtil.create("div", "", element);
      bar.style.background = `linear-gradient(to right, ${colours.join(", ")})`;
      for (const text of [least, caption, most]) L.DomUtil.create("span", "", element).textContent = text;
      return element;
    };
    return box;
  };

  const drawMap = (chart, { center, zoom, bounds, layers, control }) => {
    chart.className = "map";
    const map = L.map(chart, { attributionControl: false, maxZoom: 18 });
    tellOfGap(); // its streets and borders
    if (bounds?.[0]?.[0] != null) map.fitBounds(bounds);
    else map.setView(center ?? [0, 0], zoom);
    const switches = {};
    for (const data of layers) {
      if (data.kind === "legend") { legend(data).addTo(map); continue; }
      const drawn = layer(data);
      if (data.shown !== false) drawn.addTo(map);
      if (data.name && !/^macro_element_/.test(data.name)) switches[data.name] = drawn;
    }
    if (control && Object.keys(switches).length) L.control.layers({}, switches).addTo(map);
  };

  const showFilm = (chart, { interval, frames }) => {
    chart.className = "film";
    const add = (name, into, options) => Object.assign(into.appendChild(document.createElement(name)), options);
    const picture = add("img", chart, { alt: words.picture });
    const bar = add("div", chart, {});
    const play = add("button", bar, { type: "button" });
    const slider = add("input", bar, { type: "range", min: 0, max: frames.length - 1, value: 0 });
    slider.setAttribute("aria-label", words.frame);
    let timer = 0;
    const show = (number) => { slider.value = number; picture.src = frames[number]; };
    const run = (runs) => {
      clearInterval(timer);
      timer = runs ? setInterval(() => show((Number(slider.value) + 1) % frames.length), Math.max(interval, 20)) : 0;
      play.textContent = runs ? words.pause : words.play;
    };
    slider.addEventListener("input", () => { run(false); show(slider.value); });
    play.addEventListener("click", () => run(!timer));
    picture.addEventListener("load", measure, { once: true });
    show(0);
    run(!matchMedia("(prefers-reduced-motion: reduce)").matches);
  };

  // What would come from the web stays away. Who looks at the gap is told why.
  const tellOfGap = () => { document.getElementById("note").hidden = false; };
  addEventListener("securitypolicyviolation", ({ blockedURI }) => { if (/^https?:/.test(blockedURI)) tellOfGap(); });

  // The page gives the frame the height that it needs, and says whether it is dark.
  const root = document.documentElement;
  let told = 0, times = 0;
  const measure = () => {
    const height = Math.ceil(root.getBoundingClientRect().height);
    if (height === told || times > 50) return; // what follows the height of the frame would grow for ever
    told = height;
    times += 1;
    parent.postMessage({ frameHeight: height }, "*");
  };
  addEventListener("message", ({ source, data }) => {
    if (source === parent) root.style.colorScheme = data?.dark ? "dark" : "light";
  });
  new ResizeObserver(measure).observe(root);
  measure();

  const { kind } = document.body.dataset, chart = document.getElementById("chart");
  if (kind) {
    const data = JSON.parse(document.getElementById("data").textContent);
    Promise.resolve()
      .then(() => draw[kind](chart, data))
      .catch((error) => {
        console.warn(error);
        chart.textContent = chart.dataset.failed;
      })
      .finally(measure);
  }
})();
