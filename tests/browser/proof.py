"""What every page must be, in every state it can be in, measured in the page itself.

Tests and `python3 run.py audit` ask the same questions. `look_at` returns what is wrong, a line each.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Literal

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import BrowserContext, Page

Scheme = Literal["light", "dark"]

SCHEMES: tuple[Scheme, ...] = ("light", "dark")
HEIGHTS = {320: 640, 768: 1024, 1280: 800}
"""Of the screens that pages are looked at on, by width. 320 is also a wide screen at 400 % zoom."""
WIDTHS = tuple(HEIGHTS)
WCAG_2_2_AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
MOST_SHIFT = 0.02
"""Of the layout, while a page loads. Google calls 0.1 good."""
MOST_ALIKE = 3
"""Of what stands in a row and is built alike, as many are looked at in a quick run."""

# Nobody asked for less motion, so that all is there; but no colour is caught half way, and nothing glides.
STAND_STILL = """() => document.styleSheets[0].insertRule(
  "*, ::before, ::after { transition: none !important; scroll-behavior: auto !important }")"""

# Before anything of the page: else what moved first is not seen.
WATCH = """
window.shifts = []
window.shiftObserver = new PerformanceObserver((list) => {
  for (const shift of list.getEntries()) {
    if (!shift.hadRecentInput) window.shifts.push(shift)
  }
})
window.shiftObserver.observe({ type: "layout-shift", buffered: true })
"""

# Whoever looks moves things as well: a page that is looked at again, in another state, is not to blame for it.
FORGET_SHIFTS = """async () => {
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)))
  window.shiftObserver.takeRecords()
  window.shifts = []
}"""

SHIFT = """async (most) => {
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)))
  const sum = window.shifts.reduce((all, shift) => all + shift.value, 0)
  const moved = window.shifts.flatMap((shift) => shift.sources.map((s) => s.node?.className ?? ""))
  return sum > most ? [`moves by ${sum.toFixed(3)} while it loads: ${moved}`] : []
}"""

# What does not depend on the width.
CONTENT = """() => {
  const found = []
  const all = (selector) => [...document.querySelectorAll(selector)]
  if (all("h1").length !== 1) found.push(`has ${all("h1").length} headings of level 1`)
  if (!/TwitchInfo/.test(document.title)) found.push(`its title is "${document.title}"`)
  const wrong = all("[data-error-summary]").length > 0
  if (wrong !== document.title.startsWith("Error: ")) found.push(`its title is "${document.title}"`)
  const ids = all("[id]").map((e) => e.id)
  const twice = new Set(ids.filter((id, place) => ids.indexOf(id) !== place))
  if (twice.size) found.push(`has an id twice: ${[...twice]}`)
  for (const name of ["for", "aria-labelledby", "aria-describedby", "aria-controls"]) {
    for (const e of all(`[${name}]`)) {
      for (const id of e.getAttribute(name).split(" ")) {
        if (!document.getElementById(id)) found.push(`${name}="${id}" names nothing`)
      }
    }
  }
  for (const a of all("a[href*='#']")) {
    if (a.pathname !== location.pathname || a.host !== location.host) continue
    if (!document.getElementById(decodeURIComponent(a.hash.slice(1)))) {
      found.push(`the link ${a.hash} leads nowhere`)
    }
  }
  return found
}"""

LAYOUT = """() => {
  const found = []
  const name = (e) => `${e.tagName.toLowerCase()}.${e.getAttribute("class") ?? ""} "${
    (e.textContent ?? "").trim().slice(0, 30)}"`
  const visible = (e) => e.checkVisibility({ visibilityProperty: true })
  const all = (selector) => [...document.querySelectorAll(selector)].filter(visible)
  if (document.documentElement.scrollWidth > innerWidth) {
    const beside = all("body *").filter((e) => e.getBoundingClientRect().right > innerWidth + 1)
    found.push(`scrolls sideways: ${beside.slice(0, 3).map(name)}`)
  }
  // Fingers shake: 44 px, except for a link in a line of text.
  for (const e of all("button, summary, select, textarea, input, a")) {
    if (e.tagName === "A" && getComputedStyle(e).display === "inline") continue
    if (e.closest(".trap, .skip, [data-small-target]") || e.type === "hidden") continue
    const target = e.matches("[type=radio], [type=checkbox]") ? (e.labels[0] ?? e) : e
    const { width, height } = target.getBoundingClientRect()
    if (width < 44 || height < 43.5) {
      found.push(`too small to tap (${Math.round(width)} x ${Math.round(height)}): ${name(e)}`)
    }
  }
  for (const e of all("body *")) {
    if (["fixed", "sticky"].includes(getComputedStyle(e).position)) {
      found.push(`stays in the way of what has the focus: ${name(e)}`)
    }
  }
  return found
}"""

# What Tab came to, whether it can be seen there and whether it shows that it has the focus.
FOCUS = """() => {
  const now = document.activeElement
  if (!now || now === document.body) return null
  const target = now.matches("[type=radio], [type=checkbox]") ? now.labels[0] ?? now : now
  const { top, bottom, left, right } = target.getBoundingClientRect()
  const rings = [now, target, now.parentElement, now.closest(".door, .option, .pick, .segment")]
  const marked = rings.some((e) => e && getComputedStyle(e).outlineStyle !== "none")
  return {
    what: now.outerHTML.slice(0, 120),
    seen: bottom > 0 && top < innerHeight && right > 0 && left < innerWidth,
    marked,
  }
}"""

# Colours are compared letter by letter: a page of two hundred entries built alike takes a minute otherwise.
THIN_OUT = """(most) => {
  const within = "main :is(ul, ol, dl, tbody, div, section, article, fieldset)"
  for (const parent of document.querySelectorAll(within)) {
    const alike = new Map()
    for (const child of parent.children) {
      if (child.hidden || child.contains(document.activeElement) || !child.matches(
        "li, tr, section, article, div, h2, h3, p, label, fieldset")) continue
      const kind = `${child.tagName}.${child.className}.${child.querySelector(":checked") !== null}`
      alike.set(kind, (alike.get(kind) ?? 0) + 1)
      if (alike.get(kind) > most) {
        child.hidden = true
        child.setAttribute("data-thinned-out", "")
      }
    }
  }
}"""
FILL_UP = """() => {
  for (const child of document.querySelectorAll("[data-thinned-out]")) {
    child.hidden = false
    child.removeAttribute("data-thinned-out")
  }
}"""

# Without "preload": it reads stylesheets for a rule that is not among these.
AXE_OPTIONS = {"runOnly": WCAG_2_2_AA, "resultTypes": ["violations"], "preload": False}
# What a colour, a place or a size may change. The rest depends on what there is, which two widths show between them.
AXE_OF_LOOKS = {
    **AXE_OPTIONS,
    "runOnly": {
        "type": "rule",
        "values": [
            "color-contrast",
            "link-in-text-block",
            "scrollable-region-focusable",
            "target-size",
        ],
    },
}
AXE = """async (options) => {
  const { violations } = await axe.run(document, options)
  const why = (node) => node.failureSummary.split("\\n").slice(1).join(";").trim()
  return violations.flatMap((v) => v.nodes.map((node) =>
    `${v.id}: ${node.target.join(" ")} ${node.html.slice(0, 160)} (${why(node)})`))
}"""


def watch(context: BrowserContext) -> None:
    """Note in every page of a context what moves while it loads."""
    context.add_init_script(WATCH)


def look_at(
    page: Page,
    *,
    widths: Sequence[int] = WIDTHS,
    schemes: Sequence[Scheme] = SCHEMES,
    quick: bool = False,
) -> list[str]:
    """Return what is wrong with a page in the state it is in, and leave it in that state.

    With `quick`, axe sees only the first few of what is built alike, and the night at one width; and it tries
    every rule by day on the narrowest and the widest screen, elsewhere those of the looks.
    """
    before = page.viewport_size
    page.wait_for_load_state()
    page.evaluate(STAND_STILL)
    page.emulate_media(reduced_motion="no-preference")
    found = [*page.evaluate(SHIFT, MOST_SHIFT), *page.evaluate(CONTENT)]
    for width in widths:
        _resize(page, width)
        found += _at(width, page.evaluate(LAYOUT))
    if quick:
        page.evaluate(THIN_OUT, MOST_ALIKE)
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    for width in widths:
        _resize(page, width)
        # Colours hardly depend on the width: a quick look sees the night on the narrowest screen.
        for scheme in schemes if not quick or width == min(widths) else schemes[:1]:
            page.emulate_media(color_scheme=scheme)
            by_day = scheme == schemes[0] and width in (min(widths), max(widths))
            options = AXE_OF_LOOKS if quick and not by_day else AXE_OPTIONS
            found += _at(f"{width}, {scheme}", page.evaluate(AXE, options))
    page.evaluate(FILL_UP)
    page.emulate_media(color_scheme=SCHEMES[0], reduced_motion="reduce")
    if before:
        page.set_viewport_size(before)
    page.evaluate(FORGET_SHIFTS)
    return list(dict.fromkeys(found))


def violations(page: Page, part: str = "body") -> list[str]:
    """Return what axe finds in a part of a page as it stands, at its own width and in its own colours."""
    page.wait_for_load_state()
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    within = AXE.replace("axe.run(document,", f"axe.run({json.dumps(part)},")
    return list(page.evaluate(within, AXE_OPTIONS))


def _resize(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": HEIGHTS[width]})


def _at(place: object, found: list[str]) -> list[str]:
    return [f"at {place}: {line}" for line in found]
