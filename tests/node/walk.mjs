// Walks through a scenario with the official TypeScript client and prints one JSON line a step.
// Arguments: scenario file, protocol mode (legacy or a pinned revision), then the server's command.
import { readFileSync } from "node:fs";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";

const [file, mode, command, ...args] = process.argv.slice(2);
const client = new Client(
  { name: "scenario", version: "1" },
  {
    capabilities: { elicitation: { form: {} } },
    versionNegotiation: { mode: mode === "legacy" ? "legacy" : { pin: mode } },
  },
);
let person = "cancel";
let asked = [];
client.setRequestHandler("elicitation/create", async ({ params }) => {
  asked.push({ message: params.message, schema: params.requestedSchema });
  return person === "accept" ? { action: "accept", content: { approve: true } } : { action: person };
});

const actions = {
  list_tools: async () => (await client.listTools()).tools,
  list_resources: async () => (await client.listResources()).resources,
  list_templates: async () => (await client.listResourceTemplates()).resourceTemplates,
  read: async ({ uri }) => (await client.readResource({ uri })).contents,
  list_prompts: async () => (await client.listPrompts()).prompts,
  prompt: async ({ name, arguments: given }) =>
    (await client.getPrompt({ name, arguments: given })).messages,
  complete: async ({ ref, argument }) => (await client.complete({ ref, argument })).completion,
  call: async ({ name, arguments: given }) => {
    const result = await client.callTool({ name, arguments: given });
    return { content: result.content, data: result.structuredContent, is_error: result.isError ?? false };
  },
};

async function taken(step) {
  person = step.person ?? "cancel";
  asked = [];
  try {
    return { answer: await actions[step.do](step), asked };
  } catch (error) {
    return { error: error.code ?? String(error), asked };
  }
}

await client.connect(new StdioClientTransport({ command, args, env: process.env, stderr: "ignore" }));
for (const step of JSON.parse(readFileSync(file, "utf8"))) {
  process.stdout.write(JSON.stringify(await taken(step)) + "\n");
}
await client.close();
