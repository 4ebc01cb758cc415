/* What Millrace says of this page, and of the whole site. The page's script reports to the console where its tag has data-debug; this listens there. */
(() => {
  'use strict'
  const byId = id => document.getElementById(id)

  const element = (name, text, className) => {
    const made = document.createElement(name)
    made.textContent = text
    if (className) made.className = className
    return made
  }

  const line = (what, verdict, more) => {
    const item = element('li', '', 'event')
    item.append(element('span', what, 'what'), element('span', verdict, 'verdict ' + verdict.split(' ')[0]))
    if (more) item.title = more
    return item
  }

  // This page

  const log = console.log
  console.log = (...words) => {
    log.apply(console, words)
    if (words[0] !== 'millrace:') return
    const [, type, key, verdict, reason, detail] = words
    const shown = words.length === 6 ? line(type + ' ' + key, verdict + ' ' + reason, detail) : element('li', words.slice(1).join(' '), 'note')
    byId('events').prepend(shown)
    setTimeout(refresh, 300)
  }

  addEventListener('click', event => {
    const button = event.target.closest('[data-millrace-reaction]')
    if (button) button.setAttribute('aria-pressed', 'true')
  })

  // The whole site

  const row = cells => {
    const made = element('tr', '')
    made.append(...cells)
    return made
  }

  const showBalances = balances => {
    const rows = balances.map(({ creator, name, settled, pending, total, problem }) => {
      const sum = element('td', problem ? '–' : total.toLocaleString('en'))
      const before = document.querySelector('[data-total-of="' + creator + '"]')
      sum.dataset.totalOf = creator
      if (before && before.textContent !== sum.textContent) sum.className = 'changed'
      const numbers = problem ? ['–', '–'] : [settled, pending].map(micros => micros.toLocaleString('en'))
      return row([element('td', name), ...numbers.map(number => element('td', number)), sum])
    })
    byId('balances').replaceChildren(row(['', 'settled', 'pending', 'total'].map(title => element('th', title))), ...rows)
    const failed = balances.find(balance => balance.problem)
    byId('ledger').textContent = failed ? failed.problem : 'Micros: millionths of a dollar. Pending money is counted, and settles within a minute.'
  }

  const showVerdicts = ({ problem, counts, last, warnings }) => {
    if (problem) byId('edge').textContent = problem
    byId('counts').replaceChildren(...Object.entries(counts || {}).map(([verdict, events]) =>
      row([element('td', verdict, 'verdict ' + verdict.split(' ')[0]), element('td', events.toLocaleString('en'))])))
    byId('last').replaceChildren(...(last || []).map(({ at, type, verdict, count }) => {
      const item = line(type + (count > 1 ? ' × ' + count : ''), verdict)
      item.prepend(element('time', new Date(at).toLocaleTimeString('en-GB')))
      return item
    }))
    byId('warnings').replaceChildren(...(warnings || []).map(({ code, detail }) => element('li', code + ': ' + detail, 'rejected')))
  }

  const refresh = async () => {
    if (document.visibilityState !== 'visible') return
    try {
      const answer = await fetch('/live', { cache: 'no-store' })
      const live = await answer.json()
      showBalances(live.balances)
      showVerdicts(live.verdicts)
    } catch (e) {
      byId('ledger').textContent = 'The demo does not answer. Was it stopped?'
    }
  }

  setInterval(refresh, 2000)
  document.addEventListener('visibilitychange', refresh)
  refresh()
})()
