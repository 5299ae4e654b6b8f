// Stands in for Leaflet.awesome-markers, which draws the coloured pins of folium with pictures and a font from the web.
(() => {
  const colours = {
    red: "#d63e2a", darkred: "#a13336", lightred: "#ff8e7f", orange: "#f69730", beige: "#ffcb92", green: "#72b026",
    darkgreen: "#728224", lightgreen: "#bbf970", blue: "#38aadd", darkblue: "#00649f", lightblue: "#8adaff",
    purple: "#d252b9", darkpurple: "#5b396b", pink: "#ff91ea", cadetblue: "#436978", white: "#fbfbfb", gray: "#575757",
    lightgray: "#a3a3a3", black: "#303030",
  };
  const icon = (options = {}) => {
    const pin = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    pin.setAttribute("viewBox", "0 0 28 38");
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", "M14 37C10 29 1 23 1 14a13 13 0 0 1 26 0c0 9-9 15-13 23z");
    path.setAttribute("fill", colours[options.markerColor] ?? colours.blue);
    path.setAttribute("stroke", "white");
    const dot = document.createElementNS("http://www.w3.org/2000/svg", "circle");
    for (const [name, value] of [["cx", 14], ["cy", 14], ["r", 4.5]]) dot.setAttribute(name, value);
    dot.setAttribute("fill", options.iconColor ?? "white");
    pin.append(path, dot);
    return L.divIcon({ className: "", html: pin, iconSize: [28, 38], iconAnchor: [14, 37], popupAnchor: [0, -34] });
  };
  L.AwesomeMarkers = { icon, Icon: { extend: () => icon } };
})();
