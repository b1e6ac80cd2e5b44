(() => {
  "use strict";
  const form = document.getElementById("filter");
  const words = document.getElementById("words");
  const count = document.getElementById("count");
  const nothing = document.getElementById("nothing");
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  const tables = all(".table").map((box) => ({
    box,
    part: box.closest(".part"),
    lines: all("tbody tr", box).map((line) => ({
      line,
      text: `${box.dataset.context} ${line.textContent}`.toLowerCase(),
    })),
  }));
  const folds = all(".fold").map((box) => ({ box, text: box.textContent.toLowerCase() }));
  const settings = all(".setting");
  const runs = tables.find((table) => table.box.matches(".provenance"));

  function filter() {
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (text) => wanted.every((word) => text.includes(word));
    let shown = 0;
    for (const { box, part, lines } of tables) {
      for (const { line, text } of lines) line.hidden = !fits(text);
      (part || box).hidden = lines.every(({ line }) => line.hidden);
    }
    for (const { box, text } of folds) shown += (box.hidden = !fits(text)) ? 0 : 1;
    for (const box of settings) {
      box.hidden = all(".part", box).every((part) => part.hidden);
      shown += box.hidden ? 0 : 1;
    }
    const left = runs.lines.filter(({ line }) => !line.hidden).length;
    count.textContent = wanted.length ? `${left} of ${runs.lines.length} runs` : "";
    nothing.hidden = shown + left > 0;
    unfold(wanted.length > 0);
  }

  let unfolded = [];  // by the filter, so that what it leaves can be seen
  function unfold(filtered) {
    const boxes = [...settings, document.getElementById("provenance")];
    if (filtered) unfolded.push(...boxes.filter((box) => !box.open));
    for (const box of unfolded) box.open = filtered;
    if (!filtered) unfolded = [];
  }

  const number = (text) => parseFloat(text.replace(/[,\s]/g, ""));

  function sort(head, column) {
    const numeric = head.classList.contains("number");
    const first = numeric ? "descending" : "ascending";
    const other = numeric ? "ascending" : "descending";
    const order = head.getAttribute("aria-sort") === first ? other : first;
    const sign = order === "ascending" ? 1 : -1;
    const body = head.closest("table").tBodies[0];
    const keyed = [...body.rows].map((line) => {
      const text = line.cells[column].textContent.trim();
      return { line, text, value: numeric ? number(text) : text };
    });
    const empty = ({ text, value }) => text === "" || Number.isNaN(value);
    keyed.sort((a, b) => {
      if (empty(a) || empty(b)) return empty(a) - empty(b);
      return sign * (numeric ? a.value - b.value : a.text.localeCompare(b.text, "en", { numeric: true }));
    });
    body.append(...keyed.map(({ line }) => line));
    for (const one of head.parentElement.cells) one.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", order);
  }

  for (const table of all(".sortable table")) {
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      button.addEventListener("click", () => sort(head, column));
      head.append(button);
    });
  }
  words.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  if (words.value) filter();  // a browser may fill it in after a reload

  // Of every setting the main panel is printed; other folds only where a reader has opened them.
  let opened = [];
  addEventListener("beforeprint", () => {
    for (const one of settings) one.classList.toggle("wanted", one.open);
    opened = settings.filter((one) => !one.open);
    for (const one of opened) one.open = true;
  });
  addEventListener("afterprint", () => {
    for (const one of opened) one.open = false;
  });
})();
