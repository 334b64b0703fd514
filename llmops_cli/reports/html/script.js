"use strict";
for (const section of document.querySelectorAll(".cases")) {
  const form = section.querySelector(".controls");
  const list = section.querySelector(".list");
  const nothing = section.querySelector(".nothing");
  const cases = Array.from(list.children);
  const texts = new Map();
  const text = (element) => {
    if (!texts.has(element)) texts.set(element, element.textContent.toLowerCase());
    return texts.get(element);
  };
  const orders = {
    order: (a, b) => a.dataset.order - b.dataset.order,
    score: (a, b) => a.dataset.score - b.dataset.score,
    seconds: (a, b) => b.dataset.seconds - a.dataset.seconds,
    change: (a, b) => Math.abs(b.dataset.change) - Math.abs(a.dataset.change),
    id: (a, b) => a.dataset.id.localeCompare(b.dataset.id, undefined, { numeric: true }),
  };
  const filter = () => {
    const words = form.elements.words.value.toLowerCase().split(/\s+/).filter(Boolean);
    const state = form.elements.state.value;
    let shown = 0;
    for (const element of cases) {
      const fits = (!state || element.dataset.state === state) && words.every((word) => text(element).includes(word));
      element.hidden = !fits;
      shown += fits;
    }
    form.querySelector("output").textContent = shown + " of " + cases.length;
    nothing.hidden = shown > 0;
    list.hidden = shown === 0;
  };
  const sort = () => {
    const order = orders[form.elements.sort.value];
    list.append(...(order ? cases.slice().sort(order) : cases));
  };
  const toggle = () => {
    const open = form.elements.toggle.textContent === "Open all";
    for (const element of cases) if (!element.hidden) element.open = open;
    form.elements.toggle.textContent = open ? "Close all" : "Open all";
  };
  form.addEventListener("submit", (event) => event.preventDefault());
  form.elements.words.addEventListener("input", filter);
  form.elements.state.addEventListener("change", filter);
  form.elements.sort.addEventListener("change", sort);
  form.elements.toggle.addEventListener("click", toggle);
  form.hidden = false;
  filter();
}
