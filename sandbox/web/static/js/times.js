// @ts-check
/** @import { Person } from "./types.js" */

/**
 * @param {Person} person whose zone and habits count
 * @param {Intl.DateTimeFormatOptions} options
 */
function format(person, options) {
  return new Intl.DateTimeFormat(person.locale, { timeZone: person.time_zone, ...options });
}

/**
 * @param {Date} moment
 * @param {Person} person
 */
export function timeOfDay(moment, person) {
  return format(person, { hour: "2-digit", minute: "2-digit" }).format(moment);
}

/**
 * @param {Date} moment
 * @param {Person} person
 */
export function dayAndTime(moment, person) {
  return format(person, { dateStyle: "full", timeStyle: "medium" }).format(moment);
}

/**
 * A day as it stands between messages: "Today", "Yesterday" or its date.
 *
 * @param {Date} moment
 * @param {Date} now
 * @param {Person} person
 */
export function dayName(moment, now, person) {
  const day = format(person, { dateStyle: "short" });
  const yesterday = new Date(now.getTime() - 24 * 3_600_000);
  if (day.format(moment) === day.format(now)) return "Today";
  if (day.format(moment) === day.format(yesterday)) return "Yesterday";
  return format(person, { weekday: "long", day: "numeric", month: "long", year: "numeric" }).format(moment);
}
