// Measures the page as it is shown: an object of what is wrong, each a list of texts.
(() => {
  document.querySelectorAll("details").forEach((d) => { d.open = true; });
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const channels = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const luminance = ([r, g, b]) => [r, g, b]
    .map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ratio = (a, b) => {
    const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (high + 0.05) / (low + 0.05);
  };
  const ground = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const colour = channels(getComputedStyle(e).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return [255, 255, 255, 255];
  };
  const faint = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let seen = 0;
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    const words = texts.currentNode.data.trim();
    if (!words || !element.checkVisibility() || element.closest("svg")) continue;
    seen += 1;
    const contrast = ratio(channels(getComputedStyle(element).color), ground(element));
    if (contrast < 4.5) faint.push(`${contrast.toFixed(2)} ${words.slice(0, 40)}`);
  }
  // Graphics need 3:1 (WCAG 1.4.11).
  const style = getComputedStyle(document.documentElement);
  const paper = channels(style.getPropertyValue("--paper"));
  for (const name of ["c0", "c1", "c2", "c3", "c4", "c5", "focus", "good", "warn", "bad"]) {
    const contrast = ratio(channels(style.getPropertyValue(`--${name}`)), paper);
    if (contrast < 3) faint.push(`${contrast.toFixed(2)} --${name}`);
  }
  const room = document.documentElement.clientWidth;
  // Nothing sticks out of the window unless a box of its own scrolls it.
  const wide = [...document.body.querySelectorAll("*")].filter((e) => e.checkVisibility()
    && !e.closest("table, svg") && e.getBoundingClientRect().right > room + 0.5);
  const cut = [...document.querySelectorAll(".bars .name, .verdict *, .tiles *, caption span, figcaption")]
    .filter((e) => e.clientWidth && e.scrollWidth > e.clientWidth + 1);
  const small = [...document.querySelectorAll("td, th, .bars span, p, li, dd, dt")]
    .filter((e) => e.checkVisibility() && parseFloat(getComputedStyle(e).fontSize) < 12);
  const name = (e) => `${e.tagName}.${e.className}: ${e.textContent.slice(0, 40)}`;
  return {
    seen, faint, wide: wide.map(name), cut: cut.map(name), small: small.map(name),
    overflow: document.documentElement.scrollWidth - room,
    scripts: document.querySelectorAll("script, img, iframe").length,
    paper: paper.slice(0, 3),
  };
})()
