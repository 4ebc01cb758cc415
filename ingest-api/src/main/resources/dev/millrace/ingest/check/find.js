/*
 * Finds tokens, tags of the script, pixels and policies in what was pasted. The text is parsed into a document that is never shown: it runs no script and
 * loads nothing.
 */
import { short } from './show.js'
import { tokensIn } from './token.js'

export const MOST_CHARACTERS = 1000000
export const MOST_TOKENS = 10
/** Tags and pixels. */
const MOST_PARTS = 20
const MOST_CANDIDATE = 20000
const MOST_AROUND = 200

/** A tag, also one with a template's brackets within. */
const MARKUP = /<[a-z!][^<>]*[<>]/i
const SCRIPT = /\/m(\/[0-9a-f]+)?\.js([?#]|$)/
const PIXEL = /\/v1\/pixel\.gif([?#]|$)/
/** What people paste around a token, and the edge names. */
const AROUND = /^[\s"'`{}:,;\u200b\ufeff]*((authorization:\s*)?bearer\s*|"?token"?\s*:\s*)?[\s"'`{}:,;]*$/i
/** What follows where a token was encoded as standard base64: the run of its characters ends there. */
const STANDARD = /[+/=][A-Za-z0-9+/=_.-]*(?=[\s"'`},;]*$)/
const TOKENISH = /^\S{16,}$/
/** Characters of an HMAC-SHA256 in base64url. */
const SIGNATURE = 43

const inert = window.trustedTypes ? window.trustedTypes.createPolicy('inert', { createHTML: text => text }) : { createHTML: text => text }

/** Puts tokens into a list, each once, with the place where they were found. */
const collector = () => {
  const tokens = new Map()
  return {
    add: (text, from) => {
      if (text && !tokens.has(text)) tokens.set(text, { text, from })
    },
    has: text => tokens.has(text),
    all: () => [...tokens.values()],
  }
}

const fromLine = (line, found) => {
  const tokens = tokensIn(line)
  const around = tokens.length === 1 ? line.replace(tokens[0], '').replace(STANDARD, '') : undefined
  if (around !== undefined && around.length <= MOST_AROUND && AROUND.test(around)) found.add(line, '')
  else if (tokens.length) tokens.forEach(token => found.add(token, ''))
  else if (TOKENISH.test(line.replace(/^(authorization:\s*)?bearer\s+/i, ''))) found.add(line, '')
}

/** Whether it is one token, and no line holds all of it. */
const isBroken = text => {
  const [first, second] = tokensIn(text)
  const isCut = !second && first && (first.split('.')[2] || '').length < SIGNATURE && !/[^\w.\s-]/.test(text)
  return (!first || isCut) && /\s/.test(text) && tokensIn(text.replace(/\s+/g, '')).length === 1
}

/** Lines with a token each. One that was broken over several lines is one candidate. */
const fromText = text => {
  const found = collector()
  const trimmed = text.trim()
  if (trimmed.length <= MOST_CANDIDATE && isBroken(trimmed)) found.add(trimmed, '')
  else
    trimmed
      .split('\n')
      .forEach(line => line.trim() && fromLine(line.trim(), found))
  return { tokens: found.all(), scripts: [], pixels: [], policies: [], reactions: [], site: undefined }
}

const address = (text, base) => {
  try {
    return new URL(text, base)
  } catch {
    return undefined
  }
}

/** A page's own address is not known, so what is relative is of this origin. */
const OWN = 'https://own-site.invalid'

export const isOwn = url => url.origin === OWN

const OWN_NAMES = ['data-token', 'data-token-url']

const scriptOf = (tag, base) => ({
  html: short(tag.cloneNode(false).outerHTML, 300),
  src: tag.getAttribute('src'),
  url: tag.getAttribute('src') ? address(tag.getAttribute('src'), base) : undefined,
  defer: tag.hasAttribute('defer'),
  async: tag.hasAttribute('async'),
  type: (tag.getAttribute('type') || '').trim().toLowerCase(),
  integrity: tag.getAttribute('integrity') || '',
  crossorigin: tag.getAttribute('crossorigin'),
  nonce: tag.getAttribute('nonce') || '',
  token: tag.getAttribute('data-token'),
  tokenUrl: tag.getAttribute('data-token-url'),
  tokenAddress: tag.hasAttribute('data-token-url') ? address(tag.getAttribute('data-token-url'), base) : undefined,
  consent: tag.getAttribute('data-consent'),
  misspelt: tag.getAttributeNames().filter(name => /tok/.test(name) && !OWN_NAMES.includes(name)),
})

const isOurs = tag =>
  SCRIPT.test(tag.getAttribute('src') || '') || ['data-token', 'data-token-url', 'data-consent'].some(name => tag.hasAttribute(name))

const pixelOf = (image, base) => {
  const src = image.getAttribute('src') || ''
  const url = address(src, base)
  return {
    html: short(image.cloneNode(false).outerHTML, 300),
    url,
    tokens: url ? url.searchParams.getAll('t') : [],
    lazy: (image.getAttribute('loading') || '').toLowerCase() === 'lazy',
    referrer: (image.getAttribute('referrerpolicy') || '').toLowerCase(),
  }
}

/** The site that a page says it is of. */
const siteOf = page => {
  const named = page.querySelector('link[rel~="canonical" i][href], meta[property="og:url" i][content]')
  const url = named && address(named.getAttribute('href') || named.getAttribute('content'))
  return url && /^https?:$/.test(url.protocol) ? url.origin : undefined
}

const fromPage = text => {
  const page = new DOMParser().parseFromString(inert.createHTML(text), 'text/html')
  const found = collector()
  const root = page.querySelector('base[href]')
  const base = (root && address(root.getAttribute('href'), OWN)) || OWN
  const scripts = [...page.querySelectorAll('script')].filter(isOurs).map(tag => scriptOf(tag, base))
  const pixels = [...page.querySelectorAll('img[src], amp-pixel[src], input[type=image][src]')]
    .filter(image => PIXEL.test(image.getAttribute('src')))
    .map(image => pixelOf(image, base))
  scripts.forEach(script => found.add((script.token || '').trim() && script.token, 'data-token of the script'))
  pixels.forEach(pixel => pixel.tokens.forEach(token => found.add(token, 'address of the pixel')))
  const known = found.all().flatMap(token => tokensIn(token.text))
  tokensIn(text).forEach(token => known.includes(token) || found.add(token, 'text of the page'))
  const reactions = [...page.querySelectorAll('[data-millrace-reaction]')].map(element => element.getAttribute('data-millrace-reaction'))
  return {
    isPage: true,
    tokens: found.all(),
    scripts: scripts.slice(0, MOST_PARTS),
    pixels: pixels.slice(0, MOST_PARTS),
    moreParts: Math.max(0, scripts.length - MOST_PARTS) + Math.max(0, pixels.length - MOST_PARTS),
    policies: [...page.querySelectorAll('meta[http-equiv="content-security-policy" i]')].map(meta => meta.getAttribute('content') || ''),
    referrer: [...page.querySelectorAll('meta[name="referrer" i]')].map(meta => (meta.getAttribute('content') || '').trim().toLowerCase()).pop() || '',
    reactions: [...new Set(reactions)],
    site: siteOf(page),
  }
}

/** What was pasted, sorted. At most MOST_TOKENS tokens are looked at, and `more` says how many are not. */
export const find = text => {
  const found = MARKUP.test(text) ? fromPage(text) : fromText(text)
  return { ...found, tokens: found.tokens.slice(0, MOST_TOKENS), more: Math.max(0, found.tokens.length - MOST_TOKENS) }
}
