/*
 * The page's script: sends a page's view, reading marks, scroll marks and reactions to the edge that served it.
 * The build minifies it (ingest-api/pom.xml). docs/start/script.md says how to use it, and what it sends and stores.
 *
 * An event waits in `queue` until its page has a token. It keeps the first token that it gets: a repetition is the same event to
 * the edge, which never counts it twice. Times are seconds.
 */
(() => {
  'use strict'

  const script = document.currentScript || document.querySelector('script[data-token],script[data-token-url]')
  // A second tag does nothing: the first one counts the page.
  if (!script || (window.millrace && window.millrace.page)) return

  const options = script.dataset
  const EDGE = script.src.replace(/\/m(\/[0-9a-f]+)?\.js([?#].*)?$/, '/v1/')

  const READ_STEP = 15
  const READ_LAST = 300
  /** A reader who did nothing for so long is not reading. */
  const IDLE = 60
  /** Events of lesser hurry wait so long for others. */
  const GATHER = 10
  /** At most so many events wait; the oldest go first, as their tokens expire first. */
  const MOST_EVENTS = 100
  /** Characters of a request. Browsers let the requests that outlive a page have 64 KiB together. */
  const MOST_BODY = 5e4
  /** Waits double up to 2 to the power of this. */
  const MOST_DOUBLINGS = 6
  /** A token is renewed so long before its end. */
  const RENEW_BEFORE = 60
  /** The edge takes a reading mark so long before the token is old enough for it (it says 60). */
  const READ_AHEAD = 50
  const STORE = 'millrace.queue'

  /** Programs that drive a browser, by the marks that they leave. */
  const automated =
    navigator.webdriver || window._phantom || window.callPhantom || window.__nightmare || window.Cypress ? true : undefined

  /** undefined: the reader was not asked yet, so events wait in memory. */
  let allowed = options.consent === 'wait' ? undefined : true
  /** The page that is shown, undefined before a single-page site has named one. */
  let page
  let queue = []
  /** Whether this page has taken over the events that an earlier one left in the tab. */
  let resumed
  let sending
  /** When the queue goes, unless the edge wants a longer wait. */
  let due = Infinity
  /** Attempts that failed since the last success, and when the next one may be. */
  const edge = { failures: 0, next: 0 }
  let ticked = 0
  /** When the reader last did something. */
  let active = 0
  let scrolled = 0

  const now = () => performance.now() / 1000
  const shown = () => !document.prerendering && document.visibilityState === 'visible'
  const say = (...words) => {
    if ('debug' in options) console.log('millrace:', ...words)
  }

  /** The claims of a token, unchecked: the edge checks them. */
  const claimsOf = token => {
    try {
      return JSON.parse(atob(token.split('.')[1].replace(/-/g, '+').replace(/_/g, '/'))) || {}
    } catch (e) {
      return {}
    }
  }

  const isPassing = status => status === 408 || status === 429 || status >= 500

  /** After a failure: waits as Retry-After says, and longer after each one. The random part keeps browsers from coming back together. */
  const wait = (of, answer) => {
    of.failures = Math.min(of.failures + 1, MOST_DOUBLINGS)
    const asked = (answer && answer.headers && +answer.headers.get('Retry-After')) || 0
    const seconds = Math.max(asked, 2 ** of.failures) * (1 + Math.random() / 2)
    of.offline = !asked
    of.next = now() + seconds
    say('the next attempt is in', Math.round(seconds), 's')
  }

  // Tokens

  const isRenewable = of => of.url || claimsOf(of.raw).pag

  /** By the wall clock, which goes on while the machine sleeps, but from the token's arrival: a reader's clock may be hours off. */
  const ageOf = of => (Date.now() - of.came) / 1000

  const hasToken = of => of.token && !(ageOf(of) >= of.life)

  const fetched = async (address, init) => {
    const answer = await fetch(address, init)
    if (!answer.ok) throw answer
    const text = (await answer.text()).trim()
    return text[0] === '{' ? JSON.parse(text).token : text
  }

  /** What has become of the page's token is told to its publisher, and the events that can't be sent are dropped. */
  const giveUp = (of, why) => {
    of.ended = true
    queue = queue.filter(event => event.token || event.of !== of)
    say('no token:', why)
  }

  /** Fetches a token where there is an address for it, and exchanges a page token for an event token. */
  const renew = async of => {
    if (of.asking || of.ended || now() < of.next) return
    of.asking = true
    try {
      if (of.url && (!of.raw || of.token)) of.raw = await fetched(of.url, { cache: 'no-store' })
      const token = claimsOf(of.raw).pag
        ? await fetched(EDGE + 'page', { method: 'POST', body: JSON.stringify({ token: of.raw }), credentials: 'omit' })
        : of.raw
      const { sub, iat, exp } = claimsOf(token)
      if (isRenewable(of) && !sub) return giveUp(of, 'the answer holds none')
      of.token = token
      of.came = Date.now()
      of.life = isRenewable(of) ? exp - iat : Infinity
      of.failures = 0
      flush()
    } catch (problem) {
      if (problem.status && !isPassing(problem.status)) {
        giveUp(of, problem.status + ' ' + (await problem.text().catch(String)))
      } else {
        say('no token yet:', problem.status || problem.message)
        wait(of, problem)
      }
    } finally {
      of.asking = false
    }
  }

  // Events

  /**
   * The token that an event goes with, or nothing as long as it waits. A mark waits until a new token is old enough for it.
   * The edge takes a page token itself for a view: the page may be closed before the exchange.
   */
  const tokenOf = (event, leaving) => {
    const of = event.of
    return event.token ||
      (hasToken(of)
        ? (event.type !== 'read' || ageOf(of) >= event.key - READ_AHEAD) && of.token
        : leaving && event.type === 'view' && claimsOf(of.raw).pag && of.raw)
  }

  const wire = ({ token, type, key, ref, auto }) => ({ token, type, key, ref, auto })

  /** Takes events that can go out of the queue, at most as many as a request may hold. */
  const take = (leaving, most) => {
    const taken = []
    let size = 0
    queue = queue.filter(event => {
      const token = tokenOf(event, leaving)
      if (!token || size > most) return true
      event.token = token
      size += JSON.stringify(wire(event)).length
      if (size > most && taken.length) return true
      taken.push(event)
    })
    return taken
  }

  const put = events => {
    queue = events.concat(queue)
    if (events.length) due = 0
    queue.splice(0, queue.length - MOST_EVENTS).forEach(event => say(event.type, event.key || '', 'dropped: the queue is full'))
  }

  const post = async batch => {
    let answer
    let body = {}
    sending = true
    try {
      answer = await fetch(EDGE + 'events', {
        method: 'POST',
        body: JSON.stringify(batch.map(wire)),
        keepalive: true,
        credentials: 'omit',
      })
      body = (await answer.json()) || body
    } catch (e) {
      // Offline, blocked, or an answer of something between. The status decides.
    }
    sending = false
    const failed = !answer || isPassing(answer.status)
    const again = batch.filter((event, i) => {
      const result = (body.results || [])[i] || body
      say(event.type, event.key || '', result.status || (answer ? answer.status : 'not sent'), result.code || result.reason || '', result.detail || '')
      // A token from a cached page may have expired before the page was read. What was sent before keeps its token.
      const stale = !event.tried && result.code === 'token-expired' && event.of && event.of.life < Infinity
      if (stale) event.token = event.of.life = 0
      if (stale) renew(event.of)
      event.tried = true
      return failed || result.retry || stale
    })
    if (allowed) put(again)
    if (again.some(event => event.token)) wait(edge, answer)
    else edge.failures = edge.next = 0
    wake()
  }

  /** Sends what can go. A request of a page that is left can't be waited for, so a wait of the edge's is kept, and nothing goes offline. */
  const flush = leaving => {
    if (!allowed || now() < edge.next || (leaving ? navigator.onLine === false : sending)) return
    const batch = take(leaving, MOST_BODY)
    due = queue.length ? now() + GATHER : Infinity
    if (!batch.length) return
    if (!leaving || !navigator.sendBeacon) return post(batch)
    // Text has no preflight. A Blob of JSON would have one.
    if (!navigator.sendBeacon(EDGE + 'events', JSON.stringify(batch.map(wire)))) return put(batch)
    batch.forEach(event => say(event.type, event.key || '', 'sent as the page was left; the answer is not seen'))
    flush(leaving)
  }

  /** Each event of a page is recorded once. */
  const record = (type, key) => {
    const id = type + key
    if (allowed === false || page.ended || page.done[id]) return
    page.done[id] = true
    const event = { of: page, type, key, auto: automated }
    // An empty one says that the reader came from nowhere.
    if (type === 'view') event.ref = page.ref.slice(0, 2048)
    event.token = tokenOf(event)
    queue.push(event)
    put([])
    due = Math.min(due, type === 'view' || type === 'reaction' ? 0 : now() + GATHER)
  }

  // What could not be sent, for the next page of this tab

  const stored = () => {
    try {
      const events = JSON.parse(window.sessionStorage.getItem(STORE) || '[]')
      window.sessionStorage.removeItem(STORE)
      return events.filter(event => event.token && event.type)
    } catch (e) {
      return []
    }
  }

  const leave = () => {
    flush(true)
    const kept = allowed ? take(true, Infinity).map(wire) : []
    try {
      if (kept.length) window.sessionStorage.setItem(STORE, JSON.stringify(stored().concat(kept).slice(-MOST_EVENTS)))
    } catch (e) {
      // No storage, or a full one: they stay for a page that comes back.
      put(kept)
    }
    resumed = false
  }

  // The page

  const begin = (raw, url, ref) => {
    const home = location.origin + '/'
    // The site's own addresses are nobody's business.
    page = { raw, url, ref: ref.startsWith(home) ? home : ref, done: {}, read: 0, failures: 0, next: 0, life: 0, ended: !raw && !url }
    if (page.ended) say('a page without a token: nothing counts')
    active = now()
    scrolled = document.scrollingElement ? document.scrollingElement.scrollTop : 0
    wake()
  }

  /** A page counts from its first moment on the screen: neither prerendering nor a tab in the background is a view. */
  const wake = () => {
    if (!page || !shown()) return
    record('view')
    if (!allowed) return
    if (!resumed) {
      resumed = true
      put(stored())
    }
    queue.forEach(event => event.token || hasToken(event.of) || renew(event.of))
    if (now() - active < IDLE && ageOf(page) >= Math.max(page.life - RENEW_BEFORE, page.life / 2)) renew(page)
    if (now() >= due) flush()
  }

  const tick = () => {
    const time = now()
    // A timer that was late, as after sleep, has not seen the reader meanwhile.
    const passed = Math.min(time - ticked, 2)
    ticked = time
    if (page && shown() && allowed !== false && time - active < IDLE) {
      const before = page.read
      page.read += passed
      for (let mark = READ_STEP; mark <= Math.min(page.read, READ_LAST); mark += READ_STEP) {
        if (mark > before) record('read', '' + mark)
      }
    }
    wake()
    if (now() >= due) flush()
  }

  /**
   * Only downwards: a site that empties a page moves it up, and has read nothing. A page that is opened at a fragment moves by itself, so there
   * the reader must have done something.
   */
  const scroll = () => {
    const { scrollTop, scrollHeight } = document.scrollingElement || document.documentElement
    const down = scrollTop > scrolled
    scrolled = scrollTop
    // Two pixels for fractions and zoom.
    if (down && shown() && (page.moved || !location.hash)) [25, 50, 75, 100].forEach(mark => scrollTop + window.innerHeight + 2 >= (scrollHeight * mark) / 100 && record('scroll', '' + mark))
  }

  /** Enter and space press what the browser does not press by itself. */
  const react = event => {
    const kind = event.composedPath().map(node => node.dataset && node.dataset.millraceReaction).find(Boolean)
    const pressed =
      event.type === 'click' ||
      ((event.key === 'Enter' || event.key === ' ') && !event.target.closest('button,a,input,select,textarea,summary'))
    if (page && kind && pressed) {
      record('reaction', kind)
      wake()
    }
  }

  const act = event => {
    active = now()
    if (page && event.type !== 'scroll') page.moved = true
    if (page && event.type === 'scroll' && event.target === document) scroll()
    if (event.type === 'click' || event.type === 'keydown') react(event)
  }

  const appear = () => {
    ticked = active = now()
    wake()
  }

  const online = () => {
    ;[edge, page || {}].forEach(of => {
      if (of.offline) of.next = 0
    })
    due = 0
    wake()
  }

  const passive = { capture: true, passive: true }
  ;['scroll', 'click', 'keydown', 'pointermove', 'pointerdown', 'wheel', 'touchmove'].forEach(type => window.addEventListener(type, act, passive))
  document.addEventListener('visibilitychange', () => (shown() ? appear() : flush(true)))
  document.addEventListener('prerenderingchange', appear)
  window.addEventListener('pagehide', leave)
  window.addEventListener('pageshow', event => event.persisted && appear())
  window.addEventListener('online', online)
  setInterval(tick, 1000)
  ticked = now()

  window.millrace = {
    /** Ends the page, and begins the next one of a single-page site. */
    page(next = {}) {
      const { token, tokenUrl } = next
      if (page && token && token === page.raw) return
      due = 0
      flush()
      begin(token, tokenUrl || (token ? undefined : options.tokenUrl), page ? location.href : document.referrer)
    },
    /** The reader's answer, now or later. Without consent nothing is sent and nothing is kept. */
    consent(given) {
      allowed = !!given
      if (!allowed) {
        queue.forEach(event => event.of && delete event.of.done[event.type + event.key])
        queue = []
        stored()
      }
      due = 0
      wake()
    },
  }
  if (!allowed) say('waits for millrace.consent(true)')
  if (options.token || options.tokenUrl) begin(options.token, options.tokenUrl, document.referrer)
  else say('no token in the tag: nothing counts before millrace.page({ token })')
})()
