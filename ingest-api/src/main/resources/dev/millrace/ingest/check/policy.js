/*
 * Content-Security-Policy (CSP, level 3), as far as a page needs it for the edge: script, connection and image.
 */

const FALLBACKS = {
  'script-src-elem': ['script-src-elem', 'script-src', 'default-src'],
  'connect-src': ['connect-src', 'default-src'],
  'img-src': ['img-src', 'default-src'],
}
const SOURCE = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(\*|(?:\*\.)?[a-z0-9.-]+)(?::(\d+|\*))?(\/\S*)?$/i
const PORTS = { 'http:': '80', 'https:': '443' }

/** Directives by name, of a policy's text; the first of a name counts. */
export const parse = text => {
  const directives = new Map()
  for (const part of text.split(';')) {
    const [name, ...sources] = part.trim().split(/\s+/)
    if (name && !directives.has(name.toLowerCase())) directives.set(name.toLowerCase(), sources)
  }
  return directives
}

/** The directive that decides, or undefined where everything is allowed. */
export const deciding = (directives, name) => FALLBACKS[name].find(fallback => directives.has(fallback))

const hostFits = (pattern, host) => pattern === '*' || (pattern.startsWith('*.') ? host.endsWith(pattern.slice(1)) : pattern === host)

const portFits = (pattern, url, scheme) => {
  const port = url.port || PORTS[url.protocol]
  if (pattern === '*' || pattern === port) return true
  return !pattern && (port === PORTS[url.protocol] || port === PORTS[(scheme || '') + ':'])
}

const pathFits = (pattern, path) => !pattern || pattern === '/' || (pattern.endsWith('/') ? path.startsWith(pattern) : path === pattern)

const sourceFits = (source, url) => {
  const lower = source.toLowerCase()
  if (lower === '*') return /^https?:$/.test(url.protocol)
  if (/^[a-z][a-z0-9+.-]*:$/.test(lower)) return lower === url.protocol || (lower === 'http:' && url.protocol === 'https:')
  const [, scheme, host, port, path] = source.match(SOURCE) || []
  if (!host) return false
  const schemeFits = !scheme || scheme.toLowerCase() + ':' === url.protocol || (scheme.toLowerCase() === 'http' && url.protocol === 'https:')
  return schemeFits && hostFits(host.toLowerCase(), url.hostname) && portFits(port, url, scheme && scheme.toLowerCase()) && pathFits(path, url.pathname)
}

/**
 * Whether a policy lets the page use an address.
 *
 * @param name script-src-elem, connect-src or img-src
 * @param own whether the address is of the page's own origin
 * @param tag nonce and integrity of the script's tag
 */
export const permits = (directives, name, url, own, tag = {}) => {
  const directive = deciding(directives, name)
  if (!directive) return true
  const sources = directives.get(directive)
  if (name === 'script-src-elem') {
    const known = [tag.nonce && `'nonce-${tag.nonce}'`, ...(tag.integrity || '').split(/\s+/).map(hash => hash && `'${hash}'`)]
    if (sources.some(source => known.includes(source))) return true
    if (sources.some(source => source.toLowerCase() === "'strict-dynamic'")) return false
  }
  return sources.some(source => (source.toLowerCase() === "'self'" ? own : sourceFits(source, url)))
}

/** The policy with one more source where it lacks it. */
export const extended = (directives, name, source) => {
  const more = new Map(directives)
  const directive = deciding(directives, name)
  const target = name === 'script-src-elem' && directive !== 'script-src-elem' ? 'script-src' : name
  const sources = (directive ? directives.get(directive) : []).filter(one => one.toLowerCase() !== "'none'")
  more.set(target, [...sources, source])
  return more
}

export const write = directives => [...directives].map(([name, sources]) => [name, ...sources].join(' ')).join('; ')
