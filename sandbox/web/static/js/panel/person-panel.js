// @ts-check
import { byId, h } from "../dom.js";
/** @import { Control } from "../control.js" */
/** @import { Live } from "../live.js" */
/** @import { Session } from "../session.js" */

/** The delegated permissions that the bot asks for; without consent for everybody its sign-in page asks. */
const PERMISSIONS = ["EntitlementMgmt-SubjectAccess.ReadWrite", "EntitlementManagement.ReadWrite.All"];

/**
 * How signing in goes for the person who sits here, and what the organization has consented to.
 *
 * @param {Control} control
 * @param {Session} session
 * @param {Live} live
 */
export function personPanel(control, session, live) {
  const silent = /** @type {HTMLInputElement} */ (byId("sign-in-silent"));
  const mfa = /** @type {HTMLInputElement} */ (byId("sign-in-mfa"));
  const locale = /** @type {HTMLInputElement} */ (byId("person-locale"));
  const zone = /** @type {HTMLInputElement} */ (byId("person-zone"));
  const consents = PERMISSIONS.map((permission) => h("input", { type: "checkbox", value: permission }));
  const show = () => {
    const { me } = session;
    byId("sign-in-who").textContent = me.name;
    silent.checked = me.sign_in === "silent";
    mfa.checked = me.mfa_required;
    locale.value = me.locale;
    zone.value = me.time_zone;
  };
  const showConsents = (/** @type {{consents: {person: string, permission: string}[]}} */ given) => {
    for (const box of consents) {
      box.checked = given.consents.some(({ person, permission }) => person === "*" && permission === box.value);
    }
  };
  const change = (/** @type {object} */ what) => control.post("person", { person: session.me.id, ...what });
  const read = async () => showConsents(await control.get("consent"));
  silent.addEventListener("change", () => void change({ sign_in: silent.checked ? "silent" : "interactive" }));
  const tell = (/** @type {HTMLInputElement} */ field, /** @type {string} */ name) => async () => {
    field.setCustomValidity(await change({ [name]: field.value.trim() }).then(() => "", (error) => error.message));
    field.reportValidity();
  };
  locale.addEventListener("change", tell(locale, "locale"));
  zone.addEventListener("change", tell(zone, "time_zone"));
  mfa.addEventListener("change", () => void change({ mfa_required: mfa.checked }));
  for (const box of consents) {
    box.addEventListener("change", async () =>
      showConsents(await control.post("consent", { permission: box.value, granted: box.checked })),
    );
  }
  byId("consents").replaceChildren(...consents.map((box) => h("li", {}, h("label", {}, box, h("span", {}, box.value)))));
  byId("sessions-end").addEventListener("click", () => void control.post("sessions/end", { person: session.me.id }));
  session.addEventListener("changed", show);
  session.addEventListener("people", show);
  for (const kind of ["back", "reset"]) live.on(kind, () => void read());
  show();
  void read();
}
