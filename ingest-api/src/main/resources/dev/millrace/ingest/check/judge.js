/*
 * What a page's own HTML lacks, or has too much of, for this edge. Each finding is a level and a text.
 */
import { isOwn } from './find.js'
import { deciding, extended, parse, permits, write } from './policy.js'
import { short } from './show.js'
import { read } from './token.js'

const TEMPLATE = /[{}<>%$[\]]|^TOKEN$/
const JAVASCRIPT = /^(text|application)\/(x-)?(java|ecma)script$/
const OWN_PROXY = 'That is right where your own proxy hands Millrace’s paths to this edge.'

const bad = text => ({ level: 'bad', text })
const warn = text => ({ level: 'warn', text })
const note = text => ({ level: 'note', text })

const isPage = token => Boolean((read(token || '').claims || {}).pag)

/** Of a page token: what it does not name it does not grant, but for views, reading and scroll. */
const grantsReactions = token => [].concat(read(token).claims.evt).includes('reaction')

/** Addresses are compared without their scheme's default port. */
const ofEdge = (part, edge) => {
  if (!part.url) return undefined
  if (isOwn(part.url)) return note(`The address is on your own site. ${OWN_PROXY}`)
  if (part.url.host !== edge.host) return warn(`The address is of ${part.url.host}, and this edge is ${edge.host}: events go there. ${OWN_PROXY}`)
  if (part.url.protocol === 'http:' && edge.protocol === 'https:') return bad('The address begins with http:, which pages with https: block. Write https:.')
  return undefined
}

/** Whether a referrer policy keeps the page's address from a part of it. */
const hides = (policy, url) => policy === 'no-referrer' || (policy === 'same-origin' && !isOwn(url))

const loading = tag => {
  const found = []
  if (!tag.src) found.push(bad('src is missing, so nothing is loaded.'))
  if (tag.type && tag.type !== 'module' && !JAVASCRIPT.test(tag.type)) {
    found.push(warn(`Browsers run no type="${short(tag.type, 60)}". Leave type out, unless a consent tool or a CDN has put it there and runs the script later.`))
  }
  const isNamed = tag.token !== null || tag.tokenUrl !== null
  if (tag.type === 'module' && isNamed) found.push(warn('With type="module" the script finds its tag by data-token alone. Leave type out.'))
  else if (tag.type === 'module') found.push(bad('type="module" keeps the script from finding its tag. Leave type out.'))
  else if (!tag.defer && !tag.async) found.push(warn('defer is missing, so the page waits for the script. Add defer.'))
  else if (tag.async && !tag.defer) found.push(note('async runs the script as soon as it is there, perhaps after your own. With defer the order is that of the tags.'))
  return found
}

const pinning = (tag, served) => {
  const found = []
  const version = tag.url && (tag.url.pathname.match(/\/m\/([0-9a-f]+)\.js$/) || [])[1]
  if (tag.integrity && tag.crossorigin === null && !(tag.url && isOwn(tag.url))) found.push(bad('integrity needs crossorigin="anonymous": without it browsers refuse the script.'))
  if (tag.crossorigin === 'use-credentials') found.push(bad('crossorigin="use-credentials" makes browsers refuse the script. Write crossorigin="anonymous".'))
  if (tag.integrity && !version && tag.src) found.push(warn('integrity with /m.js breaks with the next release. Pin /m/<version>.js.'))
  if (served && version && version !== served.version) found.push(bad(`This edge serves version ${served.version}, so /m/${version}.js is not there.`))
  const hashes = tag.integrity.split(/\s+/).filter(Boolean)
  if (served && hashes.length && (!version || version === served.version) && !hashes.some(hash => served.integrity.includes(hash.split('?')[0]))) {
    found.push(bad('integrity is not the hash of the script that this edge serves, so browsers refuse it.'))
  }
  return found
}

const tokens = tag => {
  const found = tag.misspelt.map(name => bad(`The script does not read ${short(name, 60)}. It reads data-token and data-token-url.`))
  if (tag.token !== null && !tag.token.trim()) found.push(bad('data-token is empty. Did the template find no token?'))
  else if (tag.token && !read(tag.token).header && TEMPLATE.test(tag.token)) found.push(bad('data-token is a placeholder. Paste the page as a browser gets it.'))
  if (tag.token === null && tag.tokenUrl === null) found.push(note('There is neither data-token nor data-token-url, so the page must call millrace.page({ token }) itself.'))
  if (tag.tokenUrl !== null && !tag.tokenUrl.trim()) found.push(bad('data-token-url is empty.'))
  if (tag.token && read(tag.token).header && !isPage(tag.token) && tag.tokenUrl === null) {
    found.push(note('data-token holds an event token: no cache may keep this page. A cached page takes data-token-url or a page token.'))
  }
  if (tag.consent !== null && tag.consent !== 'wait') found.push(warn('data-consent knows "wait" alone. Anything else is as if it were not there.'))
  else if (tag.consent === 'wait') found.push(note('data-consent="wait": nothing is sent until the page calls millrace.consent(true).'))
  return found
}

const DIRECTIVES = { script: 'script-src-elem', events: 'connect-src', 'token’s address': 'connect-src', pixel: 'img-src' }

/** What a policy blocks of what the page uses. */
const blocked = (policy, uses) => {
  const directives = parse(policy)
  return uses
    .map(use => ({ use, name: DIRECTIVES[use.what] }))
    .filter(({ use, name }) => !permits(directives, name, use.url, use.own, use.tag))
    .map(({ use, name }) => ({ use, name, directive: deciding(directives, name) }))
}

const strict = (directives, directive) => directive.startsWith('script') && directives.get(directive).some(source => source.toLowerCase() === "'strict-dynamic'")

const policyFindings = (policy, uses) => {
  const directives = parse(policy)
  return blocked(policy, uses).map(({ directive, use }) =>
    bad(
      strict(directives, directive)
        ? `The page’s policy (CSP) has 'strict-dynamic', so it blocks the ${use.what}. Give the tag the policy’s nonce.`
        : `The page’s policy (CSP) blocks the ${use.what}: ${directive} does not hold ${use.source}.`,
    ),
  )
}

/** The page's policies with what they lack, as texts. */
export const mended = (policies, uses) =>
  policies.map(policy =>
    write(
      blocked(policy, uses)
        .filter(({ directive }) => !strict(parse(policy), directive))
        .reduce((directives, { name, use }) => extended(directives, name, use.source), parse(policy)),
    ),
  )

/** Where a script sends its events. */
const eventsOf = tag => new URL(tag.url.href.replace(/\/m(\/[0-9a-f]+)?\.js([?#].*)?$/, '/v1/events'))

const use = (what, url, tag) => ({ what, url, tag, own: isOwn(url), source: isOwn(url) ? "'self'" : url.origin })

/** What a page asks of the edge and of its own site, for its policies. */
export const usesOf = found => [
  ...found.scripts
    .filter(tag => tag.url)
    .flatMap(tag => [use('script', tag.url, tag), use('events', eventsOf(tag)), ...(tag.tokenAddress ? [use('token’s address', tag.tokenAddress)] : [])]),
  ...found.pixels.filter(pixel => pixel.url).map(pixel => use('pixel', pixel.url)),
]

/** Findings of one script's tag. */
export const ofScript = (tag, place, edge, served) =>
  [...(place ? [note('This is a further tag. The first one counts the page, and this one does nothing.')] : []), ...loading(tag), ofEdge(tag, edge), ...pinning(tag, served), ...tokens(tag)].filter(
    Boolean,
  )

export const ofPixel = (pixel, edge) =>
  [
    ofEdge(pixel, edge),
    pixel.tokens.length === 1 ? undefined : bad(pixel.tokens.length ? 't is there more than once.' : 't, the token, is missing.'),
    pixel.lazy ? bad('loading="lazy" keeps browsers from loading it until the reader has scrolled there. Leave it out.') : undefined,
    pixel.url && hides(pixel.referrer, pixel.url) && pixel.tokens.some(isPage)
      ? bad(`referrerpolicy="${pixel.referrer}" hides the page, and a page token counts on listed sites alone. Write referrerpolicy="strict-origin".`)
      : undefined,
  ].filter(Boolean)

/** Findings of the page as a whole. */
export const ofPage = found => {
  const uses = usesOf(found)
  const findings = found.policies.flatMap(policy => policyFindings(policy, uses))
  if (!found.scripts.length && !found.pixels.length) findings.push(bad('There is neither a tag of the script nor a pixel in this page.'))
  const hidden = [...found.scripts, ...found.pixels.filter(pixel => !pixel.referrer)].some(part => part.url && hides(found.referrer, part.url))
  if (hidden && found.tokens.some(token => isPage(token.text))) {
    findings.push(
      warn(
        `The page hides its address (meta referrer, ${found.referrer}). A page token then does not count for the pixel, nor, in some browsers, for readers who leave early. Give the pixel referrerpolicy="strict-origin".`,
      ),
    )
  }
  if (found.reactions.length && found.scripts.some(tag => isPage(tag.token) && !grantsReactions(tag.token))) {
    findings.push(warn('The page has reactions, and its page token does not grant them. Sign it with "evt": ["reaction"].'))
  }
  if (found.reactions.length) findings.push(note('Elements for reactions: ' + short(found.reactions.join(', '), 300) + '.'))
  return findings
}
