// Mints Millrace tokens with Node's standard library. Node 18 or later.
//
//   MILLRACE_KID=demo.1 MILLRACE_SECRET=… node mint.mjs event CREATOR ARTICLE VISITOR
//   MILLRACE_KID=demo.1 MILLRACE_SECRET=… node mint.mjs page CREATOR ARTICLE
import { createHmac } from 'node:crypto'
import { pathToFileURL } from 'node:url'

const HALF_HOUR = 1800
const HOUR = 3600
const DAY = 86400

/** Bytes, as 43 characters of base64url. The secret's own characters are the key: don't decode them from base64. */
const hmac = (secret, text) => createHmac('sha256', secret).update(text).digest('base64url')

const base64url = json => Buffer.from(JSON.stringify(json)).toString('base64url')

const sign = (secret, kid, claims) => {
  const signed = `${base64url({ alg: 'HS256', kid })}.${base64url(claims)}`
  return `${signed}.${hmac(secret, signed)}`
}

const seconds = () => Math.floor(Date.now() / 1000)

/**
 * A token for one page view, valid for an hour. Two tokens of one visitor, article and half hour have the same `jti`.
 *
 * @param visitor your own id of the reader, such as a session's; it leaves this function hashed
 * @param more further claims: `{ ref }`, or `{ evt: ['comment'], qty: 42, jti: 'comment-7' }`
 */
export function eventToken(secret, kid, creator, article, visitor, more = {}) {
  const now = seconds()
  const jti = hmac(secret, `${visitor}\n${article}\n${Math.floor(now / HALF_HOUR)}`)
  const vis = hmac(secret, `visitor\n${visitor}`)
  return sign(secret, kid, { sub: creator, art: article, jti, vis, iat: now, exp: now + HOUR, ...more })
}

/** A token for a page that is cached or static. It names no reader. At most 400 days. */
export function pageToken(secret, kid, creator, article, days = 30, more = {}) {
  const now = seconds()
  return sign(secret, kid, { sub: creator, art: article, pag: true, iat: now, exp: now + days * DAY, ...more })
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { MILLRACE_SECRET: secret, MILLRACE_KID: kid } = process.env
  const [kind, creator, article, visitor] = process.argv.slice(2)
  if (!secret || !kid || !article || !(kind === 'page' || (kind === 'event' && visitor))) {
    console.error('usage: MILLRACE_KID=… MILLRACE_SECRET=… node mint.mjs event CREATOR ARTICLE VISITOR | page CREATOR ARTICLE')
    process.exit(2)
  }
  console.log(kind === 'page' ? pageToken(secret, kid, creator, article) : eventToken(secret, kid, creator, article, visitor))
}
