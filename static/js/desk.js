/* The editor's desk: reading grades while typing, and taking over what somebody else wrote. All pages work without it. */
(function () {
  "use strict";

  /* ---- reading grade: under each marked text, and under the last one for all that are read together ---- */

  const WAIT = 200;
  const EXAMPLES = /\bSuch as [^.]+\.?/g; // names of medicines, which the check of the content leaves out too

  const read = (field) => (field.name.endsWith("-hint") ? field.value.replace(EXAMPLES, "") : field.value);

  function say(line, what, reached, limit) {
    const rounded = Math.round(reached * 10) / 10;
    line.textContent = reached ? `${what} ${rounded.toFixed(1)} (at most ${limit})` : "";
    line.classList.toggle("too-hard", rounded > limit);
  }

  function lineAfter(field, name) {
    const line = document.createElement("p");
    line.className = "grade";
    line.id = `${field.id}_${name}`;
    (field.closest(".flex-container") || field).after(line);
    const described = [field.getAttribute("aria-describedby"), line.id];
    field.setAttribute("aria-describedby", described.filter(Boolean).join(" "));
    return line;
  }

  /* The fields of a form that are read as one text have one limit. */
  function showGrades(form) {
    const graded = () => [...form.querySelectorAll("[data-grade]")].filter((f) => !f.id.includes("__prefix__"));
    const together = new Map();
    for (const field of graded()) {
      if (field.tagName === "TEXTAREA") {
        field.gradeLine = lineAfter(field, "grade");
        if (!field.closest(".inline-group") || !together.has(field.dataset.grade)) {
          together.set(field.dataset.grade, field);
        }
      }
    }
    for (const [limit, field] of together) {
      const line = field.gradeLine.cloneNode();
      line.id = `${field.id}_all`;
      field.gradeLine.after(line);
      together.set(limit, line);
    }
    function sayAll(limit) {
      if (together.has(limit)) {
        const fields = graded().filter((field) => field.dataset.grade === limit);
        say(together.get(limit), "Read together: grade", readingGrade(...fields.map(read)), limit);
      }
    }
    function sayOne(field) {
      if (field.gradeLine) {
        say(field.gradeLine, "Reading grade", readingGrade(field.value), field.dataset.grade);
      }
    }
    let waiting;
    form.addEventListener("input", (event) => {
      const field = event.target;
      if (field.dataset.grade) {
        clearTimeout(waiting);
        waiting = setTimeout(() => {
          sayOne(field);
          sayAll(field.dataset.grade);
        }, WAIT);
      }
    });
    graded().forEach(sayOne);
    [...together.keys()].forEach(sayAll);
  }

  /* ---- a conflict: put theirs into the form ---- */

  function put(field, values) {
    if (field.type === "checkbox") {
      field.checked = values.length > 0;
    } else if (field.tagName === "SELECT") {
      const wanted = values.map(([value]) => value);
      for (const [value, label] of values) {
        if (value && ![...field.options].some((option) => option.value === value)) {
          field.add(new Option(label, value));
        }
      }
      for (const option of field.options) {
        option.selected = wanted.includes(option.value);
      }
    } else {
      field.value = values.length ? values[0][0] : "";
    }
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.dispatchEvent(new Event("change", { bubbles: true }));
    if (window.django && window.django.jQuery) {
      window.django.jQuery(field).trigger("change"); // select2 listens to this only
    }
  }

  function offerTheirs(root) {
    for (const button of root.querySelectorAll("[data-take]")) {
      const field = document.getElementById(button.dataset.take);
      if (!field) {
        continue;
      }
      button.hidden = false;
      button.addEventListener("click", () => {
        put(field, JSON.parse(button.dataset.theirs));
        button.parentElement.querySelector("[role=status]").textContent = "The form holds theirs now.";
      });
    }
  }

  /* ---- a part of a page that takes a while: fetched into it when asked for ---- */

  const AGAIN = 3000;

  async function load(place) {
    try {
      const response = await fetch(place.dataset.load, { credentials: "same-origin" });
      if (response.status === 202) {
        setTimeout(load, AGAIN, place); // somebody else's request is at it
        return;
      }
      if (!response.ok) {
        throw new Error(response.status);
      }
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const part = page.querySelector("[data-part]");
      if (part) {
        place.replaceChildren(...part.childNodes);
      }
    } catch {
      location.href = place.dataset.load; // which is a page of its own
    }
  }

  function loadWhenAsked(place) {
    place.querySelector("a.button")?.addEventListener("click", (event) => {
      event.preventDefault();
      const line = document.createElement("p");
      line.textContent = "The checks and the stories are being run. This takes some seconds.";
      place.replaceChildren(line);
      load(place);
    });
  }

  document.querySelectorAll("form").forEach(showGrades);
  document.querySelectorAll("[data-conflict]").forEach(offerTheirs);
  document.querySelectorAll("[data-load]").forEach(loadWhenAsked);
})();
