"use strict";
(() => {
  const text = (cell) => cell.textContent.trim();
  const order = new Intl.Collator("en", { numeric: true });
  for (const table of document.querySelectorAll("table.sortable")) {
    const body = table.tBodies[0];
    table.querySelectorAll("thead th").forEach((head, at) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sort";
      button.textContent = text(head);
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        const up = head.getAttribute("aria-sort") !== "ascending";
        for (const other of table.querySelectorAll("thead th")) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", up ? "ascending" : "descending");
        const rows = [...body.rows];
        rows.sort((a, b) => order.compare(text(a.cells[at]), text(b.cells[at])) * (up ? 1 : -1));
        body.append(...rows);
      });
    });
  }
  const form = document.getElementById("filter");
  const typed = document.getElementById("filter-text");
  const boxes = [...form.querySelectorAll("input[type=checkbox]")];
  const cards = [...document.querySelectorAll("article.card")].map((card) => ({
    card,
    row: document.querySelector(`tr[data-for="${card.id}"]`),
    words: [...card.querySelectorAll("h3,dl")].map((one) => one.textContent.toLowerCase()).join(" "),
  }));
  const count = document.getElementById("filter-count");
  const filter = () => {
    const wanted = typed.value.toLowerCase().split(/\s+/).filter(Boolean);
    const states = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    let shown = 0;
    for (const { card, row, words } of cards) {
      const fits = states.has(card.dataset.state) && wanted.every((word) => words.includes(word));
      card.hidden = !fits;
      row.hidden = !fits;
      shown += fits;
    }
    count.textContent = `${shown} of ${cards.length} policies`;
  };
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", filter);
  const follow = () => {
    const id = decodeURIComponent(location.hash.slice(1));
    const target = id && document.getElementById(id);
    if (target && target.hidden) {
      typed.value = "";
      for (const box of boxes) box.checked = true;
      filter();
      target.scrollIntoView();
    }
  };
  addEventListener("hashchange", follow);
  form.hidden = false;
  filter();
})();
