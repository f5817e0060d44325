// @ts-check
/**
 * A Graph path as one reads it: without version and area, ids by their beginning.
 *
 * @param {string} path
 */
export function shortPath(path) {
  return path
    .replace(/^\/v1\.0/, "")
    .replace("/identityGovernance/entitlementManagement/", "…/")
    .replace(/([0-9a-f]{4})[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi, "$1…");
}
