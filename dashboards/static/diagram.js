// Draws the charts with plotly in the place of the still drawings, when they come into view. The figures are made by
// dashboards/figures; here is only when and how large they are drawn. On paper, and where this never runs, the still
// drawings stand.
(function () {
  "use strict";
  var template = /* mall */ {};
  var config = { displayModeBar: false, responsive: true, scrollZoom: false, doubleClick: false, showTips: false };
  var charts = Array.prototype.slice.call(document.querySelectorAll("[data-figure]"));

  function draw(place) {
    var still = place.querySelector("svg.still");
    var figure = JSON.parse(document.getElementById(place.dataset.figure).textContent);
    var live = document.createElement("div");
    live.className = "live";
    live.setAttribute("role", "img");
    live.setAttribute("aria-label", still.getAttribute("aria-label"));
    // Follows the reader's own text size.
    var base = parseFloat(getComputedStyle(document.documentElement).fontSize);
    figure.layout.font = { size: Math.round(base * 0.8) };
    figure.layout.autosize = true;
    // On a phone every second year has room.
    var years = figure.layout.xaxis.tickvals;
    if (years && place.clientWidth < 420) {
      figure.layout.xaxis.tickvals = years.filter(function (_, n) { return (years.length - 1 - n) % 2 === 0; });
    }
    figure.layout.template = template;
    place.appendChild(live);
    place.classList.add("drawn");
    Plotly.newPlot(live, figure.data, figure.layout, config).catch(function () {
      place.classList.remove("drawn");
      live.remove();
    });
  }

  if (!window.Plotly || !("IntersectionObserver" in window)) return;
  var observer = new IntersectionObserver(function (entries) {
    entries.forEach(function (entry) {
      if (!entry.isIntersecting) return;
      observer.unobserve(entry.target);
      draw(entry.target);
    });
  }, { rootMargin: "400px 0px" });
  charts.forEach(function (place) { observer.observe(place); });
})();
