(() => {
  "use strict";
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const one = (name) => document.getElementById(name);
  const form = one("choose");
  if (!form) return;
  const [setting, budget, every] = [one("setting"), one("budget"), one("every")];
  const front = one("front");
  const panels = all(".setting .panel");
  const chosen = new Map();  // setting and label to whether a reader wants its curve

  const option = (text) => new Option(text, text);
  const titles = [...new Set(panels.map((panel) => panel.dataset.setting))];
  const of = (title) => panels.filter((panel) => panel.dataset.setting === title);

  function budgets() {
    const before = budget.value;
    const names = of(setting.value).map((panel) => panel.dataset.budget);
    budget.replaceChildren(...names.map(option));
    if (names.includes(before)) budget.value = before;
  }

  function show() {
    const found = of(setting.value).find((panel) => panel.dataset.budget === budget.value);
    const copy = found.cloneNode(true);
    for (const line of all(".entrants li", copy)) {
      const curve = copy.querySelector(`.curve[data-line="${line.dataset.line}"]`);
      const first = !line.hidden;
      const box = line.querySelector("input");
      const key = `${setting.value} ${line.dataset.line}`;
      const draw = () => {
        line.hidden = !(first || every.checked);
        line.classList.toggle("off", !box.checked);
        if (curve) curve.toggleAttribute("hidden", line.hidden || !box.checked);
      };
      box.hidden = false;
      box.checked = chosen.get(key) ?? true;
      box.addEventListener("change", () => { chosen.set(key, box.checked); draw(); });
      if (curve) {
        line.addEventListener("pointerenter", () => copy.classList.add("picking") || curve.classList.add("picked"));
        line.addEventListener("pointerleave", () => copy.classList.remove("picking") || curve.classList.remove("picked"));
      }
      draw();
    }
    const rest = all(".entrants li", found).filter((line) => line.hidden).length;
    one("forms").textContent = rest ? `all forms (${rest} more)` : "all forms";
    every.disabled = rest === 0;
    front.replaceChildren(copy);
  }

  function choose(title) {
    if (!titles.includes(title)) return;
    setting.value = title;
    budget.replaceChildren();
    budgets();
    show();
  }

  setting.replaceChildren(...titles.map(option));
  setting.addEventListener("change", () => { budgets(); show(); });
  budget.addEventListener("change", show);
  every.addEventListener("change", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  choose(titles[0]);

  function follow() {
    const target = location.hash && document.getElementById(location.hash.slice(1));
    if (!target) return;
    if (target.matches("details")) target.open = true;
    if (target.matches(".setting")) choose(target.dataset.title);
    target.scrollIntoView();
  }
  addEventListener("hashchange", follow);
  follow();
})();
