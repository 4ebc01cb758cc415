/*
 * The page /check: reads what was pasted, asks the edge in dry runs, and shows what a publisher needs to know. It keeps nothing and sends tokens and
 * secrets to no other server than the one that it comes from.
 */
import { dryRun, EDGE, Failure, lastVerdicts, script } from './edge.js'
import { find, isOwn, MOST_CHARACTERS, MOST_TOKENS } from './find.js'
import { mended, ofPage, ofPixel, ofScript, usesOf } from './judge.js'
import { amount, el, fill, lines, message, short, span, table } from './show.js'
import { claimsTable, read } from './token.js'
import { verdicts } from './verdicts.js'

const MOST_SECRET = 200
const ADDRESS = /^https?:\/\/\S+$/i

const at = id => document.getElementById(id)
const edge = new URL(EDGE)
let checking = new AbortController()
let asking = new AbortController()
/** The kid that was put into the form from a token; another one is the reader's own and stays. */
let suggested = ''

const originOf = text => {
  const address = text.trim()
  if (!address) return undefined
  try {
    const url = new URL(/^[a-z]+:\/\//i.test(address) ? address : 'https://' + address)
    return /^https?:$/.test(url.protocol) && url.hostname ? url.origin : ''
  } catch {
    return ''
  }
}

// A token

const verdictOf = result => {
  switch (result.status) {
    case 'accepted':
      return el('span', { class: 'verdict good' }, 'accepted')
    case 'filtered':
      return el('span', { class: 'verdict warn' }, 'filtered, ' + short(result.reason || '', 40))
    default:
      return result.code === 'type-not-granted'
        ? el('span', { class: 'verdict note' }, 'not granted')
        : el('span', { class: 'verdict bad' }, short(result.code || result.status || '', 60))
  }
}

const sentence = text => (text ? el('span', { class: 'sub' }, short(text, 400)) : '')

const verdictTable = ({ events, results, currency }) => {
  const [first] = results
  const same = first.status === 'rejected' && results.every(result => result.code === first.code && result.detail === first.detail)
  const rows = same && results.length > 1 ? [['every event', first]] : results.map((result, i) => [[events[i].type, events[i].key].filter(Boolean).join(' '), result])
  return table(
    'Verdict for each type of event',
    ['Event', 'Verdict', `#Pays, ${short(currency || '', 10)}`],
    rows.map(([name, result]) => [
      name,
      [verdictOf(result), result.code === 'type-not-granted' && !same ? '' : sentence(result.detail)],
      Number.isInteger(result.micros) ? amount(result.micros) : '–',
    ]),
  )
}

const timeLeft = (claims, now) => (claims && typeof claims.exp === 'number' && claims.exp > now ? `It is taken for ${span(claims.exp - now)} more.` : '')

const summary = (answer, claims) => {
  const [view] = answer.results
  const left = timeLeft(claims, answer.now)
  if (view.status === 'accepted') return message('good', `A view is accepted and pays ${amount(view.micros, answer.currency)}. ${left}`)
  if (view.status === 'filtered') return message('warn', `A view from this browser is filtered as ${short(view.reason || '', 40)}: it pays nothing. ${left}`)
  if (view.code === 'type-not-granted') return message('note', 'This token does not grant a view.')
  return message('bad', `A view is rejected: ${short(view.code || view.status || '', 60)}.`)
}

const hintsOf = answer => {
  const hints = new Map(answer.results.flatMap(result => (Array.isArray(result.hints) ? result.hints : [])).map(hint => [hint.detail, hint]))
  return [...hints.values()].slice(0, 10).map(hint => message('warn', el('strong', {}, short(hint.code, 60)), ' ', short(hint.detail, 600) + '.'))
}

const ofPages = claims =>
  claims && claims.pag === true
    ? message(
        'note',
        'This is a page token. The page’s script exchanges it for an event token of each reader’s own, which has view, read, scroll and the types of its evt.',
      )
    : ''

/** A clock that is far off misleads whoever reads the times here. */
const clock = now => {
  const ahead = Date.now() / 1000 - now
  return Math.abs(ahead) > 120 ? message('note', `Your computer’s clock is ${span(ahead)} ${ahead > 0 ? 'fast' : 'slow'} by the edge’s. Times here are by the edge’s.`) : ''
}

const shownToken = ({ header, claims }, answer) => {
  const known = (answer && answer.results[0].claims) || claims
  const now = answer ? answer.now : Date.now() / 1000
  return [
    header ? el('p', { class: 'help' }, 'Header: ', el('code', {}, short(JSON.stringify(header), 300))) : '',
    known ? claimsTable(known, now) : message('note', 'The claims can’t be read: the middle part is not base64url of a JSON object.'),
  ]
}

const tokenPart = async (token, place, all, site, signal) => {
  const stands = read(token.text)
  const title = `Token ${all > 1 ? `${place + 1} of ${all}` : ''}`.trim()
  const card = el(
    'section',
    { class: 'panel', 'aria-label': title },
    el('h3', {}, title, token.from ? el('span', { class: 'from' }, 'from the ' + token.from) : ''),
    el('p', { class: 'token' }, short(token.text, 600)),
  )
  at('results').append(card)
  try {
    const answer = await dryRun(token.text, stands.claims && stands.claims.pag === true, site, signal)
    const claims = answer.results[0].claims || stands.claims
    card.append(
      ...[summary(answer, claims), ...hintsOf(answer), ofPages(claims), clock(answer.now), verdictTable(answer), ...shownToken(stands, answer)].flat(2).filter(Boolean),
    )
    return true
  } catch (e) {
    if (!(e instanceof Failure)) throw e
    card.append(...[message('bad', e.message), ...shownToken(stands)].flat(2).filter(Boolean))
    return false
  }
}

// A page

const findings = (title, html, found) =>
  el(
    'section',
    { class: 'panel', 'aria-label': title },
    el('h3', {}, title),
    html ? lines(html) : '',
    found.length ? found.map(({ level, text }) => message(level, text)) : message('good', 'Nothing is wrong with it.'),
  )

/** The script that this edge serves at the address of a tag that pins it, or its current one where it serves none there. */
const served = async (tag, signal) => {
  const [path, version] = (tag.url && tag.url.host === edge.host && tag.url.pathname.match(/\/m(\/[0-9a-f]+)?\.js$/)) || []
  if (!path || !(version || tag.integrity)) return undefined
  const there = await script(path, signal)
  return there === null ? script('/m.js', signal) : there
}

const pageParts = async (found, signal) => {
  const scripts = await Promise.all(found.scripts.map(tag => served(tag, signal)))
  const whole = found.isPage ? ofPage(found) : []
  return [
    whole.length ? findings('Page', '', whole) : '',
    ...found.scripts.map((tag, i) => findings(found.scripts.length > 1 ? `Tag ${i + 1} of the script` : 'Tag of the script', tag.html, ofScript(tag, i, edge, scripts[i]))),
    ...found.pixels.map((pixel, i) => findings(found.pixels.length > 1 ? `Pixel ${i + 1}` : 'Pixel', pixel.html, ofPixel(pixel, edge))),
    found.moreParts ? message('note', `${found.moreParts} further tags and pixels are not looked at.`) : '',
  ].filter(Boolean)
}

// What the site needs

const needs = (found, site) => {
  const foreign = found ? found.scripts.map(tag => tag.tokenAddress).filter(url => url && !isOwn(url) && url.origin !== site) : []
  const pixels = !found || !found.isPage || found.pixels.length > 0
  const policy = [`script-src ${edge.origin}`, `connect-src ${edge.origin}`, pixels ? `img-src ${edge.origin}` : ''].filter(Boolean).join('; ')
  fill(
    at('needs-lines'),
    el('p', {}, 'The tag, in the head of each page:'),
    lines(`<script defer src="${EDGE}/m.js" data-token="…"></script>`),
    el('p', {}, `Where your pages have a Content-Security-Policy, it holds these sources${pixels ? '; img-src is for the pixel alone' : ''}:`),
    lines(policy),
    found && found.policies.length ? [el('p', {}, 'The policy of the page that you pasted, with what it lacks:'), lines(mended(found.policies, usesOf(found)).join('\n'))] : '',
    el('p', {}, 'CORS: your site needs no header. This edge answers scripts of every site with:'),
    lines('Access-Control-Allow-Origin: *'),
    foreign.length
      ? [
          el('p', {}, `data-token-url is of another origin (${foreign[0].origin}), so that server answers with:`),
          lines(`Access-Control-Allow-Origin: ${site || 'https://www.example.com'}`),
        ]
      : '',
  )
}

// The forms

const say = (id, text, level) => fill(at(id), text ? message(level || 'note', text) : '')

const suggest = tokens => {
  const kid = tokens.map(token => read(token.text).header).map(header => header && header.kid).find(kid => typeof kid === 'string' && kid.length < 100)
  if (kid && at('kid').value === suggested) at('kid').value = suggested = kid
}

const check = async () => {
  checking.abort()
  const { signal } = (checking = new AbortController())
  fill(at('results'))
  const text = at('text').value
  if (!text.trim()) return say('said', 'Paste a token or the HTML of a page first.', 'warn')
  if (text.length > MOST_CHARACTERS) {
    return say(
      'said',
      `That is ${text.length.toLocaleString('en')} characters; this page reads up to ${MOST_CHARACTERS.toLocaleString('en')}. Paste the head of the page, and the tags of the script and the pixel.`,
      'warn',
    )
  }
  const typed = originOf(at('site').value)
  if (typed === '') return say('said', 'The address of your site is not one. Write it as https://www.example.com, or leave it out.', 'warn')
  const found = find(text)
  if (ADDRESS.test(text.trim()) && !found.tokens.some(token => read(token.text).header)) {
    return say('said', 'That is an address, and this page fetches none. Open it in a browser, and paste the source of the page.', 'warn')
  }
  const site = typed || found.site
  needs(found, site)
  suggest(found.tokens)
  if (!found.isPage && !found.tokens.length) return say('said', 'There is no token in it. A token is three parts with dots between them, and begins with ey.', 'warn')
  say('said', 'Asking the edge …')
  at('results').append(el('h2', {}, 'What the edge says'), ...(site ? [el('p', { class: 'help' }, `Judged as a page of ${site}${typed ? '' : ', which the page names as its own'}.`)] : []))
  at('results').append(...(await pageParts(found, signal)))
  let answered = 0
  for (const [i, token] of found.tokens.entries()) {
    if (await tokenPart(token, i, found.tokens.length, site, signal)) answered++
  }
  say('said', conclusion(found, answered), answered === found.tokens.length ? 'note' : 'warn')
}

const conclusion = (found, answered) => {
  const all = found.tokens.length
  const tokens = all ? `${answered} of ${all} ${all === 1 ? 'token' : 'tokens'} judged.` : 'There is no token in the page, so nothing was asked.'
  const parts = found.isPage ? ` Tags of the script: ${found.scripts.length}, pixels: ${found.pixels.length}.` : ''
  const more = found.more ? ` ${found.more.toLocaleString('en')} further tokens are not looked at; it takes ${MOST_TOKENS} at a time.` : ''
  return tokens + parts + more
}

const showVerdicts = async () => {
  asking.abort()
  const { signal } = (asking = new AbortController())
  fill(at('verdicts'))
  const kid = at('kid').value.trim()
  const secret = at('secret').value.trim()
  if (!/^[a-z0-9-]{1,32}\.[1-9][0-9]{0,8}$/.test(kid)) return say('key-said', 'A key is named <publisher>.<number>, such as demo.1.', 'warn')
  if (!secret) return say('key-said', 'The secret is missing.', 'warn')
  if (secret.length > MOST_SECRET || !/^[\x21-\x7e]+$/.test(secret)) {
    return say('key-said', 'That is no secret: it is 43 letters, digits, hyphens and underscores.', 'warn')
  }
  say('key-said', 'Asking the edge …')
  try {
    const answer = await lastVerdicts(kid, secret, signal)
    fill(at('verdicts'), verdicts(answer, Date.now() / 1000))
    say('key-said', 'The verdicts are below.')
  } catch (e) {
    if (!(e instanceof Failure)) throw e
    say('key-said', e.message, 'bad')
  }
}

/** A check that a newer one has replaced ends quietly. */
const run = (form, task) =>
  at(form).addEventListener('submit', event => {
    event.preventDefault()
    task().catch(e => {
      if (e.name !== 'AbortError') throw e
    })
  })

run('paste', check)
run('key', showVerdicts)
at('text').addEventListener('keydown', event => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) at('paste').requestSubmit()
})
window.addEventListener('pagehide', () => {
  at('secret').value = ''
})
if (!window.isSecureContext) fill(at('plain'), message('warn', 'This page has come without https. Whoever is on the way to the edge can read the secret, so ask with curl on the edge itself.'))
needs(undefined, undefined)
