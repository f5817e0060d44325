// @ts-check
import { byId, h } from "../dom.js";
import { showDialog } from "../dialog-view.js";
/** @import { Control } from "../control.js" */
/** @import { Live } from "../live.js" */
/** @import { Session } from "../session.js" */

/**
 * The life of the app: installed, upgraded, blocked, refused; who is in a chat; the team; the manifest.
 *
 * @param {Control} control
 * @param {Session} session
 * @param {Live} live
 */
export function appPanel(control, session, live) {
  const trouble = byId("app-trouble");
  const chat = /** @type {HTMLSelectElement} */ (byId("app-chat"));
  const person = () => ({ person: session.me.id });
  const act = async (/** @type {string} */ path, /** @type {object} */ what, /** @type {string} */ done) => {
    trouble.textContent = "";
    byId("app-done").textContent = "";
    try {
      const outcome = await control.post(path, what);
      showDialog(outcome);
      byId("app-done").textContent = outcome.status >= 400 ? `Doorman answered HTTP ${outcome.status}.` : (outcome.reason ?? done);
    } catch (error) {
      trouble.textContent = /** @type {Error} */ (error).message;
    }
    await session.reload().catch(() => {});
  };
  const on = (/** @type {string} */ id, /** @type {() => Promise<void>} */ run) => byId(id).addEventListener("click", () => void run());
  const where = () => ({ ...person(), chat: chat.value });
  on("app-install", () => act("install", where(), "Installed."));
  on("app-uninstall", () => act("uninstall", where(), "Removed."));
  on("app-upgrade", () => act("upgrade", { ...where(), version: `1.${Date.now() % 1000}.0` }, "Upgraded."));
  on("app-configure", () => act("configure", where(), "Opened."));
  on("app-join", () => act("join", where(), `${session.me.name} is in.`));
  on("app-leave", () => act("leave", where(), `${session.me.name} has left.`));
  on("app-block", () => act("block", person(), "Blocked."));
  on("app-unblock", () => act("unblock", person(), "Not blocked any more."));
  on("app-read", () => act("read", { ...person(), chat: session.chat }, "Doorman knows that it was read."));
  const refusal = /** @type {HTMLSelectElement} */ (byId("app-refusal"));
  refusal.addEventListener("change", () => void act("refuse", { ...person(), code: refusal.value || null }, ""));
  const event = /** @type {HTMLSelectElement} */ (byId("team-event"));
  const name = /** @type {HTMLInputElement} */ (byId("team-name"));
  on("team-tell", () => act("team-event", { ...person(), event: event.value, name: name.value.trim() || null }, "Doorman was told."));
  const file = /** @type {HTMLInputElement} */ (byId("manifest-file"));
  file.addEventListener("change", async () => {
    const chosen = file.files?.[0];
    file.value = "";
    if (!chosen) return;
    try {
      await act("manifest", { manifest: JSON.parse(await chosen.text()) }, `${chosen.name} is in use.`);
    } catch {
      trouble.textContent = `${chosen.name} is not JSON.`;
    }
  });
  const show = () => {
    const { me } = session;
    const state = me.has_blocked ? "has blocked Doorman" : me.has_installed ? "has Doorman installed" : "has not installed Doorman";
    byId("app-state").textContent = `${me.name} ${state}.`;
    for (const id of ["app-join", "app-leave", "app-configure"]) byId(id).hidden = chat.value === "personal";
  };
  const showManifest = async () => {
    const app = await control.get("manifest");
    const commands = [...app.commands, ...app.actions].map((/** @type {{title: string}} */ each) => each.title);
    byId("manifest-says").replaceChildren(
      h("dt", {}, "Commands"), h("dd", {}, commands.join(", ") || "none"),
      h("dt", {}, "Links that unfold"), h("dd", {}, app.link_domains.join(", ") || "none"),
      h("dt", {}, "Takes files"), h("dd", {}, app.supports_files ? "yes" : "no"),
    );
  };
  chat.addEventListener("change", show);
  session.addEventListener("changed", show);
  session.addEventListener("people", show);
  for (const kind of ["teams", "back", "reset"]) live.on(kind, () => void showManifest().catch(() => {}));
  live.on("reset", () => (refusal.value = ""));
  show();
  void showManifest().catch(() => {});
}
