/**
 * What the control plane answers, as far as the page reads it. The whole of it is in /control/openapi.json.
 *
 * @typedef {"personal" | "channel" | "group"} ChatName
 *
 * @typedef {object} Person
 * @property {string | null} key persona key such as "manager"; null for everybody who is no persona
 * @property {string | null} title what the persona is known for
 * @property {string} id object id
 * @property {string} teams_id
 * @property {string} name
 * @property {string} user_principal_name
 * @property {string} company
 * @property {boolean} mfa_required
 * @property {"silent" | "interactive"} sign_in
 * @property {string} locale
 * @property {string} time_zone
 * @property {boolean} has_installed
 * @property {boolean} has_blocked
 *
 * @typedef {Record<string, any>} Json
 *
 * @typedef {object} Message a message as one person sees it
 * @property {string} id larger for later messages
 * @property {ChatName} chat
 * @property {string | null} thread
 * @property {{id: string, name: string, is_bot: boolean}} from
 * @property {string} text
 * @property {string} text_format
 * @property {Json | null} card the card as everybody has it
 * @property {Json | null} shown the card as this person has it
 * @property {string} summary what a notification says
 * @property {{contentType: string, name?: string, content?: any}[]} attachments
 * @property {string} at ISO 8601
 * @property {string | null} edited_at
 * @property {boolean} deleted
 * @property {string[]} notes lines under the message
 * @property {string[]} warnings
 * @property {"silent" | "done" | "button" | null} sign_in
 * @property {{url: string} | null} login the sign-in that a press on this card waits for
 * @property {boolean} only_you
 * @property {{title: string, value: string}[]} suggestions
 * @property {Json[]} entities
 * @property {{type: string, people: string[], mine: boolean}[]} reactions
 * @property {"default" | "custom" | null} feedback thumbs under it
 * @property {string | null} given_feedback
 *
 * @typedef {object} GraphCall
 * @property {number} number
 * @property {string} at
 * @property {string} method
 * @property {string} path
 * @property {string} query
 * @property {number} status
 * @property {number} duration_ms
 * @property {string} identity
 * @property {string} app_name
 * @property {"delegated" | "application" | "none"} token_kind
 * @property {string[]} permissions
 * @property {string | null} used_permission
 * @property {string} correlation_id
 * @property {number | null} batch
 *
 * @typedef {object} Request an assignment request
 * @property {string} id
 * @property {string} package
 * @property {string} requestor
 * @property {string} state
 * @property {string | null} justification
 * @property {number | null} stage
 * @property {number} stages
 * @property {string[]} approvers
 *
 * @typedef {object} Dialog
 * @property {string} title
 * @property {string | number} width
 * @property {string | number} height
 * @property {Json | null} card
 * @property {string | null} url
 * @property {string[]} warnings
 *
 * @typedef {object} Composed what the compose box shows
 * @property {string | null} kind
 * @property {"list" | "grid"} layout
 * @property {{title: string, text: string, image: string | null}[]} results
 * @property {Json | null} draft
 * @property {string[]} warnings
 * @property {string | null} text
 * @property {string | null} url
 * @property {Json | null} preview the message that the bot would send
 *
 * @typedef {{service: string, kind: string, id?: string, status?: number, retry_after?: number, delay_ms?: number, method?: string | null, path?: string | null, who?: string | null, skip?: number, times?: number | null, percent?: number, hits?: number}} Fault
 */

export {};
