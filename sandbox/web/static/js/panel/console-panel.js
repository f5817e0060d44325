// @ts-check
import { byId, h } from "../dom.js";
/** @import { Control } from "../control.js" */
/** @import { Session } from "../session.js" */

/**
 * Every operation of the control plane, by hand: chosen from a list, its fields filled in as JSON, its answer shown.
 *
 * @param {Control} control
 * @param {Session} session
 */
export function consolePanel(control, session) {
  const list = /** @type {HTMLSelectElement} */ (byId("operation"));
  const body = /** @type {HTMLTextAreaElement} */ (byId("operation-body"));
  const answer = byId("operation-answer");
  /** @type {any} */
  let description = null;
  const details = /** @type {HTMLDetailsElement} */ (list.closest("details"));
  details.addEventListener("toggle", async () => {
    if (!details.open || description) return;
    description = await control.get("openapi.json");
    list.replaceChildren(...groups(description));
    choose();
  });
  const chosen = () => {
    const [method, path] = list.value.split(" ");
    return { method, path, operation: description.paths[path][method.toLowerCase()] };
  };
  const choose = () => {
    const { operation } = chosen();
    byId("operation-what").textContent = operation.description ?? "";
    body.value = JSON.stringify(template(description, operation, session.me.key ?? session.me.name), null, 2);
    body.rows = Math.min(12, body.value.split("\n").length + 1);
    answer.hidden = true;
  };
  list.addEventListener("change", choose);
  byId("operation-send").addEventListener("click", async () => {
    const { method, path } = chosen();
    answer.hidden = false;
    try {
      const given = JSON.parse(body.value || "{}");
      const short = path.replace("/control/", "");
      const told = method === "GET" ? control.get(short, given) : method === "DELETE" ? control.delete(short, given) : control.post(short, given);
      answer.textContent = JSON.stringify(await told, null, 2);
    } catch (error) {
      answer.textContent = /** @type {Error} */ (error).message;
    }
  });
}

/** @param {any} description */
function groups({ paths, tags }) {
  return tags.map((/** @type {{name: string}} */ { name }) => {
    const options = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods)
        .filter(([, each]) => each.tags.includes(name) && each.operationId !== "events")
        .map(([method, each]) => h("option", { value: `${method.toUpperCase()} ${path}` }, `${each.summary} (${path.replace("/control/", "")})`)),
    );
    return h("optgroup", { label: name }, ...options);
  });
}

/**
 * The fields that an operation takes, each with its default or a first guess.
 *
 * @param {any} description
 * @param {any} operation
 * @param {string} me
 */
function template(description, operation, me) {
  const reference = operation.requestBody?.content["application/json"].schema.$ref;
  if (reference) {
    const schema = description.components.schemas[reference.split("/").pop()];
    const fields = Object.entries(schema.properties ?? {});
    return Object.fromEntries(fields.map(([name, field]) => [name, name === "person" ? me : guess(field)]));
  }
  const needed = (operation.parameters ?? []).filter((/** @type {{required: boolean}} */ each) => each.required);
  return Object.fromEntries(needed.map((/** @type {{name: string}} */ { name }) => [name, name === "person" ? me : ""]));
}

/** @param {any} field */
function guess(field) {
  if (field.default !== undefined) return field.default;
  if (field.enum) return field.enum[0];
  return { string: "", number: 0, integer: 0, boolean: false, array: [], object: {} }[/** @type {string} */ (field.type)] ?? null;
}
