// @ts-check
/* The card renderer is a classic script that index.html loads first; it has one global name. */
import { webAddress } from "./dom.js";
import { HOST_CONFIG } from "./host-config.js";
import { markdownToHtml } from "./markdown.js";
import { searchesFor, setUpPicker } from "./picker.js";
/** @import { Search } from "./picker.js" */
/** @import { Json } from "./types.js" */

/**
 * A press, as the control plane takes it: which button (its verb, or its id or title for Action.Submit), what the
 * button itself sends, and what the inputs hold, empty ones as "".
 *
 * @typedef {{verb?: string, button?: string, data: unknown, inputs: Record<string, unknown>}} Press
 */

const renderer = /** @type {any} */ (globalThis).AdaptiveCards;

/** Settings of the renderer that hold for every card of the page. */
export function setUpRenderer() {
  renderer.GlobalSettings.applets.logEnabled = false;
  // The sandbox asks for fresh cards as Teams' clients do; the renderer must not do so on top of it.
  renderer.GlobalSettings.applets.refresh.mode = renderer.RefreshMode.Disabled;
  setUpPicker(renderer);
  renderer.AdaptiveCard.onProcessMarkdown = (/** @type {string} */ text, /** @type {any} */ result) => {
    result.outputHtml = markdownToHtml(text);
    result.didProcess = true;
  };
}

/** One Adaptive Card. It is drawn again only when its JSON changes, so nobody's typing gets lost before that. */
export class CardView {
  #applet = new renderer.AdaptiveApplet();
  #drawn = "";

  /**
   * @param {(press: Press) => Promise<void>} press rejects with what to tell the person
   * @param {Search} [search] for inputs that ask for their choices
   */
  constructor(press, search) {
    this.#applet.hostConfig = new renderer.HostConfig(HOST_CONFIG);
    this.#applet.channelAdapter = {
      sendRequestAsync: async (/** @type {any} */ request) => {
        await press(pressOf(request.action));
        return new renderer.SuccessResponse(request, "");
      },
    };
    this.#applet.onAction = (/** @type {unknown} */ _, /** @type {any} */ action) => {
      if (action instanceof renderer.OpenUrlAction) openPage(action.url);
      else if (action instanceof renderer.SubmitAction) void press(submitOf(action)).catch(() => {});
    };
    this.element = this.#applet.renderedElement;
    this.element.classList.add("card");
    if (search) searchesFor(this.element, search);
  }

  /** @param {Json} json */
  show(json) {
    const written = JSON.stringify(json);
    if (written === this.#drawn) return;
    this.#drawn = written;
    const hadFocus = this.element.contains(document.activeElement);
    this.#applet.setCard(json);
    if (hadFocus) this.#applet.card?.renderedElement?.focus({ preventScroll: true });
  }
}

/**
 * @param {any} action an Action.Execute
 * @returns {Press}
 */
function pressOf(action) {
  const { data = {} } = action.toJSON();
  return { verb: action.verb, data, inputs: typedInto(action) };
}

/**
 * @param {any} action an Action.Submit
 * @returns {Press}
 */
function submitOf(action) {
  const { data = {} } = action.toJSON();
  return { button: action.id || action.title, data, inputs: typedInto(action) };
}

/** @param {any} action */
function typedInto(action) {
  const inputs = Object.values(action.getReferencedInputs() ?? {});
  return Object.fromEntries(inputs.map((input) => [input.id, input.value ?? ""]));
}

/** @param {unknown} url */
function openPage(url) {
  const address = webAddress(url);
  if (address) window.open(address, "_blank", "noopener,noreferrer");
}
