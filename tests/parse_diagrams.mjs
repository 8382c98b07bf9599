// Parses diagrams with the tools that they are written for: node parse_diagrams.mjs MODULES < JSON
//
// MODULES is a directory with node_modules (mermaid, jsdom, @dbml/core, @viz-js/viz). The JSON is a list
// of [language, text]; the answer is a list of what each parser understood, or its complaint.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const require = createRequire(`${process.argv[2]}/package.json`);
const load = (name) => import(pathToFileURL(require.resolve(name)).href);

const { instance } = require("@viz-js/viz");
const graphviz = await instance(); // before there is a document, which it would ask

const { JSDOM } = require("jsdom");
const { window } = new JSDOM("");
Object.assign(globalThis, { window, document: window.document });

const { default: mermaid } = await load("mermaid");
const { Parser } = require("@dbml/core");

async function understood([language, text]) {
  if (language === "mermaid") {
    await mermaid.parse(text);
    const { db } = await mermaid.mermaidAPI.getDiagramFromText(text);
    const names = [...db.getEntities().values()].map((each) => each.label);
    return { tables: names, references: db.getRelationships().length };
  }
  if (language === "dbml") {
    const [schema, ...others] = new Parser().parse(text, "dbmlv2").schemas;
    const all = [schema, ...others];
    return {
      tables: all.flatMap((each) => each.tables.map((table) => table.name)),
      references: all.reduce((sum, each) => sum + each.refs.length, 0),
    };
  }
  const result = graphviz.renderJSON(text);
  const nodes = result.objects.filter((each) => !each.nodes);
  return { tables: nodes.map((each) => each.name), references: (result.edges ?? []).length };
}

const answers = [];
for (const each of JSON.parse(readFileSync(0, "utf8"))) {
  try {
    answers.push(await understood(each));
  } catch (error) {
    answers.push({ error: String(error?.message ?? error?.diags?.[0]?.message ?? error) });
  }
}
process.stdout.write(JSON.stringify(answers));
process.exit(0);
