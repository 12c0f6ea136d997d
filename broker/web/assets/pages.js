// What the pages do more where there is a script. Without it they do the same, page by page.
// Nothing is stored: no cookie, no storage. What was typed and answered lives in this page, and goes with it.
"use strict";

const main = () => document.getElementById("main");
const part = (html) => document.createRange().createContextualFragment(html).firstElementChild;

// The form that led to an answer, so that "back" shows it as it was typed.
let before = null;
let answering = false;

function focusOn(element) {
  if (element) {
    element.focus();
    element.scrollIntoView({ block: "nearest" });
  }
}

function prepare(root) {
  root.querySelectorAll("[data-print], [data-copy]").forEach((one) => { one.hidden = false; });
  root.querySelectorAll("[data-only-without-script]").forEach((one) => one.remove());
}

function showPage(text) {
  const other = new DOMParser().parseFromString(text, "text/html");
  document.title = other.title;
  main().replaceWith(document.adoptNode(other.getElementById("main")));
  prepare(main());
  window.scrollTo(0, 0);
  focusOn(document.getElementById("errors") || main().querySelector("[autofocus]") || main());
}

// A button's own address, or its form's. (Its property would be the page's where it has none.)
function addressOf(form, button) {
  return (button && button.getAttribute("formaction")) || form.getAttribute("action");
}

const asks = (form, button) => addressOf(form, button) === "/check/answer";

async function send(form, button, more) {
  const fields = new URLSearchParams(new FormData(form, button));
  Object.entries(more || {}).forEach(([name, value]) => fields.set(name, value));
  return fetch(addressOf(form, button), {
    method: "POST",
    body: fields,
    headers: asks(form, button) ? { Accept: "text/event-stream, text/html" } : { Accept: "text/html" },
  });
}

// One event of a stream: its name and its JSON.
function eventOf(block) {
  const lines = block.split("\n");
  const name = lines.find((line) => line.startsWith("event: "));
  const content = lines.find((line) => line.startsWith("data: "));
  return name && content ? [name.slice(7), JSON.parse(content.slice(6))] : null;
}

function show(name, said) {
  if (name === "opening") {
    document.title = said.title;
    main().innerHTML = said.main;
    prepare(main());
    window.scrollTo(0, 0);
    focusOn(main().querySelector("h1"));
  }
  Object.entries(said.rows || {}).forEach(([id, html]) => {
    const row = part(html);
    prepare(row);
    document.getElementById(id).replaceWith(row);
  });
  if (said.progress) {
    document.getElementById("progress").textContent = said.progress;
  }
  if (name === "problem") {
    titleWithError(true);
  }
  if (said.notes) {
    document.getElementById("notes").innerHTML = said.notes;
    prepare(document.getElementById("notes"));
  }
}

async function showStream(reply) {
  const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  let ended = false;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) {
      break;
    }
    text += value;
    const blocks = text.split("\n\n");
    text = blocks.pop();
    blocks.map(eventOf).filter(Boolean).forEach(([name, said]) => {
      ended = ended || name === "end" || name === "problem";
      show(name, said);
    });
  }
  return ended;
}

// Whatever is still awaited when the stream has broken was not answered, and must not look as if it were.
function broken() {
  const said = main().dataset.broken;
  const progress = document.getElementById("progress");
  if (progress) {
    progress.textContent = said;
    document.querySelectorAll("[data-asking]").forEach((one) => { one.textContent = said; });
    titleWithError(true);
  }
}

// The way back to the purposes belongs to the form alone.
function showBack(shown) {
  const back = document.querySelector(".govuk-back-link");
  if (back) {
    back.hidden = !shown;
  }
}

function leaveForm() {
  before = { main: main(), title: document.title };
  showBack(false);
  const next = main().cloneNode(false);
  main().replaceWith(next);
  history.pushState({ answer: true }, "", "/check/answer");
  answering = true;
}

async function ask(form, button) {
  button.disabled = true;
  try {
    const reply = await send(form, button);
    if ((reply.headers.get("Content-Type") || "").startsWith("text/event-stream")) {
      button.disabled = false;
      leaveForm();
      if (!(await showStream(reply))) {
        broken();
      }
    } else {
      showPage(await reply.text());
    }
  } catch (fault) {
    button.disabled = false;
    if (document.getElementById("progress")) {
      broken();
    } else {
      // Without an answer there is nothing to show: let the browser send the form, and say what is wrong.
      form.dataset.live = "off";
      form.requestSubmit(button);
    }
  }
}

// The title says whether there is an error, for whoever does not see the page.
function titleWithError(wrong) {
  const said = `${main().dataset.error} `;
  const plain = document.title.startsWith(said) ? document.title.slice(said.length) : document.title;
  document.title = wrong ? said + plain : plain;
}

// Each error leads to its field, and the field says that it is wrong, and why.
function leadToFields(form, told) {
  told.querySelectorAll("[data-field]").forEach((one) => {
    const field = form.elements[one.dataset.field];
    if (field) {
      const link = document.createElement("a");
      link.href = `#${field.id}`;
      link.textContent = one.textContent;
      one.replaceChildren(link);
      one.id = `${field.id}-error`;
      field.classList.add("govuk-input--error");
      field.setAttribute("aria-invalid", "true");
      field.setAttribute("aria-describedby", one.id);
    }
  });
}

function right(field) {
  field.classList.remove("govuk-input--error");
  field.removeAttribute("aria-invalid");
  field.removeAttribute("aria-describedby");
}

// An error in a row stands above the form that led to it, which stays as it was filled in: so it can be mended.
function tellError(form, told) {
  told.id = "errors";
  told.tabIndex = -1;
  told.removeAttribute("autofocus");
  leadToFields(form, told);
  (form.closest(".fc-buttons") || form).before(told);
  titleWithError(true);
  focusOn(told);
}

function connectionBroke() {
  const told = part('<p class="govuk-error-message" role="alert"></p>');
  told.textContent = main().dataset.broken;
  return told;
}

async function replacePart(form, button) {
  const other = await send(form, button, { part: form.dataset.part }).then((reply) => reply.text()).then(
    (text) => new DOMParser().parseFromString(text, "text/html"),
    () => null,
  );
  const errors = document.getElementById("errors");
  if (errors) {
    errors.remove();
    [...form.elements].filter((one) => one.ariaInvalid).forEach(right);
  }
  const made = other && other.getElementById(form.dataset.part);
  if (!made) {
    tellError(form, (other && document.adoptNode(other.getElementById("errors"))) || connectionBroke());
    return;
  }
  titleWithError(false);
  document.getElementById(form.dataset.part).replaceWith(document.adoptNode(made));
  prepare(made);
  focusOn(made);
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  const button = event.submitter;
  if (form.dataset.part) {
    event.preventDefault();
    replacePart(form, button);
  } else if (form.dataset.live === "" && asks(form, button)) {
    event.preventDefault();
    ask(form, button);
  }
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button && button.hasAttribute("data-print")) {
    window.print();
  } else if (button && button.dataset.copy) {
    const field = document.getElementById(button.dataset.copy);
    const told = button.parentElement.querySelector("[data-copied]");
    navigator.clipboard.writeText(field.value).then(
      () => { told.textContent = told.dataset.copied; },
      () => { field.select(); },
    );
  }
});

// A link within the answer (to skip to its content, to a field) is an entry of the history too, and still the answer's.
const ofAnswer = () => Boolean(history.state) || (location.pathname === "/check/answer" && location.hash !== "");

window.addEventListener("popstate", () => {
  if (before && ofAnswer() !== answering) {
    answering = !answering;
    const shown = { main: main(), title: document.title };
    main().replaceWith(before.main);
    document.title = before.title;
    before = shown;
    showBack(Boolean(document.getElementById("people")));
    focusOn(main().querySelector("h1[tabindex]") || main());
  }
});

// A page that the browser kept while somebody signed out must not come back.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) {
    location.reload();
  }
});

prepare(document);
focusOn(document.getElementById("errors"));
