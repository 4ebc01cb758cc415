/*
 * Asks this edge, and no other server. What goes wrong on the way is told in words.
 */

/** Where the edge is: the folder above this script's, whatever stands before it at a proxy. */
export const EDGE = new URL('..', import.meta.url).href.replace(/\/$/, '')

const PATIENCE = 15000
/** Longer tokens get no verdict but that they are too long, so one event is enough. */
const MOST_TOKEN = 8192

const EVENTS = [
  { type: 'view' },
  { type: 'read', key: '15' },
  { type: 'scroll', key: '25' },
  { type: 'reaction', key: 'like' },
  { type: 'comment' },
  { type: 'search_visit' },
]

/** A failure that people can read. */
export class Failure extends Error {}

const wait = answer => {
  const seconds = Number(answer.headers.get('Retry-After'))
  return seconds > 0 ? ` Try again in ${seconds} s.` : ' Try again in a while.'
}

const failure = (answer, body) => {
  const detail = body && typeof body.detail === 'string' ? ` It says: ${body.detail}.` : ''
  switch (answer.status) {
    case 401:
      return new Failure('This is not the secret of that key, or there is no such key. The secret is its 43 characters as they stand, without spaces or quotes.')
    case 404:
      return new Failure('This edge does not have that address; perhaps it is older than this page.')
    case 413:
      return new Failure('The token is too long for a request.')
    case 429:
      return new Failure('The edge takes no more requests just now, or none from your address.' + detail + wait(answer))
    case 502:
    case 503:
    case 504:
      return new Failure('The edge can’t tell now.' + detail + wait(answer))
    default:
      return new Failure(`The edge answers ${answer.status}.` + detail)
  }
}

const ask = async (path, init, signal) => {
  const timeout = AbortSignal.timeout(PATIENCE)
  let answer
  let text
  try {
    answer = await fetch(EDGE + path, {
      ...init,
      credentials: 'omit',
      cache: 'no-store',
      redirect: 'error',
      referrerPolicy: 'no-referrer',
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    })
    text = await answer.text()
  } catch (e) {
    if (signal && signal.aborted) throw e
    throw new Failure(
      timeout.aborted
        ? 'The edge has not answered for 15 s. Try again in a while.'
        : 'The edge can’t be reached: there is no network, it is down, or something between blocks it. Try again in a while.',
    )
  }
  let body
  try {
    body = JSON.parse(text)
  } catch {
    body = undefined
  }
  if (!answer.ok) throw failure(answer, body)
  if (!body || typeof body !== 'object') throw new Failure('Something between this page and the edge has answered in its place.')
  return body
}

/**
 * What would become of events with this token.
 *
 * @param page whether it is a page token, which counts views alone
 * @param site origin of the page, or undefined
 */
export const dryRun = async (token, page, site, signal) => {
  const events = (page || token.length > MOST_TOKEN ? EVENTS.slice(0, 1) : EVENTS).map(event => ({ token, ...event }))
  const origin = site ? '&origin=' + encodeURIComponent(site) : ''
  const body = await ask(
    '/v1/events?dry-run=true' + origin,
    { method: 'POST', headers: { 'Content-Type': 'text/plain' }, body: JSON.stringify(events) },
    signal,
  )
  if (!Array.isArray(body.results) || body.results.length !== events.length) {
    throw new Failure('The edge’s answer is not one that this page knows.')
  }
  return { ...body, events }
}

/** The last verdicts of a key. The secret goes into a header, and nowhere else. */
export const lastVerdicts = (kid, secret, signal) =>
  ask('/v1/verdicts', { headers: { Authorization: 'Basic ' + btoa(kid + ':' + secret) } }, signal)

/**
 * A script that this edge serves: its version and its integrity hash, which browsers compute in secure contexts alone. null: there is none at that path;
 * undefined: that can't be told.
 */
export const script = async (path, signal) => {
  try {
    const answer = await fetch(EDGE + path, { credentials: 'omit', cache: 'no-cache', signal })
    if (answer.status === 404) return null
    const bytes = await answer.arrayBuffer()
    if (!answer.ok || !crypto.subtle) return undefined
    const hash = async algorithm => new Uint8Array(await crypto.subtle.digest(algorithm, bytes))
    const hex = [...(await hash('SHA-256'))].map(byte => byte.toString(16).padStart(2, '0')).join('')
    const base64 = async algorithm => btoa(String.fromCharCode(...(await hash(algorithm))))
    return {
      version: hex.slice(0, 12),
      integrity: ['sha256-' + (await base64('SHA-256')), 'sha384-' + (await base64('SHA-384')), 'sha512-' + (await base64('SHA-512'))],
    }
  } catch {
    return undefined
  }
}
