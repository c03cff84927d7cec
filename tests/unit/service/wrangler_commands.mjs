// Lists the commands of wrangler with their options, as JSON: {"d1 create": ["name", "location", ...], ...}.
import { experimental_getWranglerCommands } from "wrangler";

const { registry, globalFlags } = experimental_getWranglerCommands();
const commands = {};

function walk(node, path) {
  const args = Object.entries(node.definition?.args ?? {});
  if (node.definition?.type === "command") {
    commands[path.join(" ")] = [
      ...Object.keys(globalFlags),
      ...args.flatMap(([name, { alias }]) => [name, ...[alias ?? []].flat()]),
    ];
  }
  for (const [name, child] of node.subtree) walk(child, [...path, name]);
}

walk(registry, []);
console.log(JSON.stringify(commands));
