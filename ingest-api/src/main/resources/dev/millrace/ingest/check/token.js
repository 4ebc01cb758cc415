/*
 * Reads a token without its secret: this says what stands in it, and only the edge says what it is worth.
 */
import { el, relative, table, utc } from './show.js'

const MEANINGS = {
  sub: 'creator that earns',
  art: 'article',
  jti: 'key that counts once',
  iat: 'signed at',
  nbf: 'not before',
  exp: 'ends',
  aud: 'meant for',
  evt: 'types that it allows',
  qty: 'units of a comment',
  ref: 'where the reader came from',
  vis: 'visitor',
  ua: 'reader’s user agent',
  ip: 'reader’s address',
  pag: 'page token',
  via: 'exchanged for a page token',
}
const TIMES = ['iat', 'nbf', 'exp']
/** The year 5138 in seconds, 1973 in milliseconds. */
const MILLISECONDS = 1e11
const MOST_CLAIMS = 40
const MOST_VALUE = 2000

/** A run of characters that tokens have, in linear time; tokens are looked for within it. */
const RUN = /[A-Za-z0-9_.-]{20,}/g
/** Base64url of a JSON object's beginning: a bracket, then a quote or white space. */
const OBJECT = /^e[wy][A-Za-z0-9_-]{6,}$/
const ENCRYPTED = /"enc"\s*:/

/** The JSON object in a part of a token, or undefined. */
const part = text => {
  try {
    const bytes = Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), c => c.charCodeAt(0))
    const value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    return value && typeof value === 'object' && !Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}

const isEncrypted = header => {
  try {
    return ENCRYPTED.test(atob(header.replace(/-/g, '+').replace(/_/g, '/')))
  } catch {
    return false
  }
}

/** The tokens in a text, in their order, each once. */
export const tokensIn = text => {
  const found = new Set()
  for (const [run] of text.matchAll(RUN)) {
    const parts = run.split('.')
    for (let i = 0; i + 1 < parts.length; i++) {
      if (!OBJECT.test(parts[i]) || !parts[i + 1]) continue
      const length = parts.length - i >= 5 && isEncrypted(parts[i]) ? 5 : 3
      found.add(parts.slice(i, i + length).join('.'))
      i += length - 1
    }
  }
  return [...found]
}

/** Header and claims as they stand in a token, each perhaps undefined. */
export const read = token => {
  const [header, claims] = (tokensIn(token)[0] || token).split('.')
  return { header: part(header || ''), claims: part(claims || '') }
}

const shown = value => {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > MOST_VALUE ? text.slice(0, MOST_VALUE) + '…' : text
}

const time = (value, now) => {
  if (typeof value !== 'number') return undefined
  const isMilliseconds = Math.abs(value) >= MILLISECONDS
  const second = isMilliseconds ? value / 1000 : value
  const text = utc(second)
  return text && text + ', ' + relative(second, now) + (isMilliseconds ? ', if it is milliseconds' : '')
}

/** @param now Unix seconds */
export const claimsTable = (claims, now) => {
  const entries = Object.entries(claims)
  const rows = entries.slice(0, MOST_CLAIMS).map(([name, value]) => [
    [el('code', {}, shown(name)), el('span', { class: 'sub' }, Object.hasOwn(MEANINGS, name) ? MEANINGS[name] : 'not read by Millrace')],
    [
      el('span', { class: 'value' }, shown(value)),
      TIMES.includes(name) && time(value, now) ? el('span', { class: 'sub' }, time(value, now)) : '',
    ],
  ])
  const more = entries.length - rows.length
  return [table('Claims of the token', ['Claim', 'Value'], rows), more > 0 ? el('p', { class: 'help' }, `${more} further claims are not shown.`) : '']
}
