// @ts-check
const KEY = "doorman.theme";

/**
 * Let the page be light, dark, or what the system is. The style sheets know both; only the choice is kept here.
 *
 * @param {HTMLSelectElement} choice options "system", "light" and "dark"
 */
export function followTheme(choice) {
  const show = () => {
    const chosen = localStorage.getItem(KEY) ?? "system";
    document.documentElement.dataset.theme = chosen;
    choice.value = chosen;
  };
  choice.addEventListener("change", () => {
    localStorage.setItem(KEY, choice.value);
    show();
  });
  addEventListener("storage", show);
  show();
}
