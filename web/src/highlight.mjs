// Colours for code, painted by the browser over the text as it is (CSS Custom Highlight API): no elements, no HTML.
// lowlight gives the tokens of highlight.js as a tree; scripts/highlighter.py bundles both with this file.
import { common, createLowlight } from "lowlight";

const lowlight = createLowlight(common);
const supported = typeof Highlight === "function";
const painted = new WeakMap(); // text node: [highlight, range] of each token

function* tokens(node, scope, start) {
  let at = start;
  for (const child of node.children) {
    if (child.type === "text") {
      if (scope) yield [scope, at, at + child.value.length];
      at += child.value.length;
    } else {
      // "hljs-title function_": the first name is enough for the styles
      at = yield* tokens(child, child.properties.className[0], at);
    }
  }
  return at;
}

export function highlight(text, language) {
  if (!supported || !lowlight.registered(language)) return;
  const ranges = [];
  for (const [scope, from, to] of tokens(lowlight.highlight(language, text.data), "", 0)) {
    if (!CSS.highlights.has(scope)) CSS.highlights.set(scope, new Highlight());
    const range = new StaticRange({ startContainer: text, startOffset: from, endContainer: text, endOffset: to });
    ranges.push([CSS.highlights.get(scope), range]);
  }
  forget(text);
  for (const [colour, range] of ranges) colour.add(range);
  painted.set(text, ranges);
}

export function forget(text) {
  for (const [colour, range] of painted.get(text) ?? []) colour.delete(range);
  painted.delete(text);
}
