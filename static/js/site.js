/**
 * TwitchInfo: small helps on top of pages that work without them.
 *
 * Every class takes the element it looks after and touches nothing outside it. Browsers restore ticks
 * late (back button, reload), so whatever mirrors a tick looks again on "pageshow".
 */

/** Checkboxes in which "none of these" or "not sure" cannot stand beside another answer. */
class ExclusiveGroup {
  constructor(group) {
    this.group = group
    group.addEventListener("change", (event) => this.settle(event.target))
  }

  settle(changed) {
    if (changed.type !== "checkbox" || !changed.checked) return
    const alone = changed.hasAttribute("data-exclusive")
    for (const box of this.group.querySelectorAll("input[type=checkbox]")) {
      if (box === changed || !box.checked) continue
      if (alone || box.hasAttribute("data-exclusive")) {
        box.checked = false
        box.dispatchEvent(new Event("change", { bubbles: true }))
      }
    }
  }
}

/** The body map mirrors a list of checkboxes; the list is the control, the map a quicker way to it. */
class BodyMap {
  constructor(map, list) {
    this.shapes = [...map.querySelectorAll("[data-region]")]
    this.boxes = new Map([...list.querySelectorAll("input[type=checkbox]")].map((box) => [box.value, box]))
    this.say = map.querySelector("[data-say]")
    this.prompt = this.say?.textContent
    this.tapped = new Set()
    map.classList.add("is-live")

    for (const shape of this.shapes) {
      shape.addEventListener("click", () => this.tap(shape))
      shape.addEventListener("pointerenter", () => this.name(shape))
      shape.addEventListener("pointerleave", () => this.name(null))
    }
    list.addEventListener("change", () => this.draw())
    list.addEventListener("focusin", (event) => this.point(event.target))
    list.addEventListener("focusout", () => this.point(null))
    window.addEventListener("pageshow", () => this.draw())
    this.draw()
  }

  /** A lid or cheek has an answer for one side and another for both. */
  tap(shape) {
    const { region, both } = shape.dataset
    if (this.tapped.has(shape)) this.tapped.delete(shape)
    else if (this.isOn(region) && !this.sidesOf(region).length) return this.set(region, false)
    else this.tapped.add(shape)

    const sides = this.sidesOf(region)
    const twoSided = both && new Set(sides.map((side) => side.dataset.side)).size > 1
    // Tick before unticking: for a moment without either, `draw` would forget what was tapped.
    if (twoSided) this.set(both, true)
    this.set(region, sides.length > 0 && !twoSided)
    if (!twoSided) this.set(both, false)
    this.name(shape)
  }

  sidesOf(region) {
    return [...this.tapped].filter((shape) => shape.dataset.region === region)
  }

  isOn(region) {
    return Boolean(this.boxes.get(region)?.checked)
  }

  set(region, on) {
    const box = this.boxes.get(region)
    if (!box || box.checked === on) return
    box.checked = on
    box.dispatchEvent(new Event("change", { bubbles: true }))
  }

  /** What was tapped is filled; what the same answer covers, or may mean, is only tinted. */
  draw() {
    for (const shape of this.tapped) {
      if (!this.isOn(shape.dataset.region) && !this.isOn(shape.dataset.both)) this.tapped.delete(shape)
    }
    for (const shape of this.shapes) {
      const { region, both } = shape.dataset
      const sides = this.sidesOf(region)
      const certain = this.isOn(both) || this.tapped.has(shape) || (!both && !sides.length)
      const on = this.isOn(region) || this.isOn(both)
      shape.classList.toggle("is-on", on && certain)
      shape.classList.toggle("is-also", on && !certain && !(both && sides.length))
    }
  }

  point(box) {
    for (const shape of this.shapes) {
      const near = box?.value === shape.dataset.region || box?.value === shape.dataset.both
      shape.classList.toggle("is-near", Boolean(box && near))
    }
  }

  name(shape) {
    if (!this.say) return
    const label = shape && this.boxes.get(shape.dataset.region)?.labels[0]
    const words = label?.querySelector("[data-name]")?.textContent ?? label?.textContent
    this.say.textContent = words?.trim() || this.prompt
  }
}

/** Movement pictures: still until played, one at a time, still again after a while. */
class Player {
  static secondsOfMotion = 20

  constructor(root) {
    this.playing = null
    for (const button of root.querySelectorAll("[data-play]")) {
      button.hidden = false
      button.addEventListener("click", () => (this.playing === button ? this.stop() : this.start(button)))
    }
    window.addEventListener("pagehide", () => this.stop())
  }

  start(button) {
    this.stop()
    this.playing = button
    this.show(button, true)
    this.timer = setTimeout(() => this.stop(), Player.secondsOfMotion * 1000)
  }

  stop() {
    clearTimeout(this.timer)
    if (this.playing) this.show(this.playing, false)
    this.playing = null
  }

  show(button, on) {
    button.setAttribute("aria-pressed", String(on))
    button.closest("[data-movement]").classList.toggle("is-playing", on)
  }
}

/** The phone menu closes on Escape and on a tap elsewhere. */
class Menu {
  constructor(menu) {
    menu.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return
      menu.open = false
      menu.querySelector("summary").focus()
    })
    document.addEventListener("click", (event) => {
      if (!menu.contains(event.target)) menu.open = false
    })
  }
}

/** A page that comes back with mistakes starts at the list of them. */
function focusErrorSummary(summary) {
  window.addEventListener("load", () => document.activeElement === summary || summary.focus())
  summary.addEventListener("click", (event) => {
    const field = document.getElementById(event.target.hash?.slice(1) ?? "")
    if (!field) return
    event.preventDefault()
    const start = field.closest("fieldset")?.querySelector("legend") ?? field.labels?.[0] ?? field
    start.scrollIntoView()
    field.focus({ preventScroll: true })
  })
}

for (const group of document.querySelectorAll("[data-question]")) new ExclusiveGroup(group)
for (const place of document.querySelectorAll("[data-place]")) {
  new BodyMap(place.querySelector("[data-bodymap]"), place.querySelector("[data-list]"))
}
for (const menu of document.querySelectorAll("[data-menu]")) new Menu(menu)
for (const summary of document.querySelectorAll("[data-error-summary]")) focusErrorSummary(summary)
new Player(document)
window.addEventListener("beforeprint", () => {
  for (const folded of document.querySelectorAll("details[data-unfold]")) folded.open = true
})
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false
  button.addEventListener("click", () => window.print())
}
