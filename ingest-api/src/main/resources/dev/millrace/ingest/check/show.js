/*
 * Builds parts of the page. Every text becomes a text node, so nothing that somebody pasted or that a token holds is read as HTML.
 */

/** An element. Attributes that are undefined or false are left out. */
export const el = (name, attributes = {}, ...content) => {
  const element = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) element.setAttribute(key, value)
  }
  element.append(...content.flat(Infinity).filter(part => part !== undefined && part !== null && part !== ''))
  return element
}

/** Puts these in place of what an element holds. */
export const fill = (element, ...content) => element.replaceChildren(...content.flat(Infinity).filter(Boolean))

/** The first so many characters, on one line. */
export const short = (text, most = 120) => {
  const line = String(text).replace(/\s+/g, ' ').trim()
  return line.length > most ? line.slice(0, most) + '…' : line
}

const MARKS = { good: '✓', note: 'i', warn: '!', bad: '✕' }
const WORDS = { good: 'Right:', note: 'Note:', warn: 'Look at this:', bad: 'Wrong:' }

/** @param level good, note, warn or bad */
export const message = (level, ...content) =>
  el(
    'div',
    { class: 'message ' + level },
    el('span', { class: 'mark', 'aria-hidden': 'true' }, MARKS[level]),
    el('div', {}, el('span', { class: 'unseen' }, WORDS[level] + ' '), ...content),
  )

/**
 * A table. On a narrow screen the cells of a row stand below each other where there are more than two, each with its column's name; the roles keep it a table
 * for screen readers then.
 *
 * @param columns texts of the head; one that begins with # is a column of figures
 * @param rows lists of cells: texts or elements; the first one is the row's head
 */
export const table = (caption, columns, rows) => {
  const names = columns.map(column => column.replace(/^#/, ''))
  const cell = (content, i) =>
    el(i ? 'td' : 'th', { role: i ? 'cell' : 'rowheader', scope: i ? undefined : 'row', class: figures(columns[i]), 'data-column': names[i] }, el('div', {}, content))
  return el(
    'table',
    { role: 'table', class: columns.length > 2 && 'stack' },
    el('caption', {}, caption),
    el('thead', { role: 'rowgroup' }, el('tr', { role: 'row' }, names.map((name, i) => el('th', { role: 'columnheader', scope: 'col', class: figures(columns[i]) }, name)))),
    el('tbody', { role: 'rowgroup' }, rows.map(cells => el('tr', { role: 'row' }, cells.map(cell)))),
  )
}

const figures = column => (column.startsWith('#') ? 'figures' : undefined)

/** Lines to copy. */
export const lines = text => el('pre', {}, el('code', {}, text))

/** Micros as an amount with six places. */
export const amount = (micros, currency) => {
  const digits = String(Math.abs(micros)).padStart(7, '0')
  return (micros < 0 ? '-' : '') + digits.slice(0, -6) + '.' + digits.slice(-6) + (currency ? ' ' + currency : '')
}

const UNITS = [
  [86400 * 2, 86400, 'days'],
  [3600 * 2, 3600, 'h'],
  [60 * 2, 60, 'min'],
  [0, 1, 's'],
]

/** A span of seconds in its largest unit. */
export const span = seconds => {
  const [, unit, name] = UNITS.find(([from]) => Math.abs(seconds) >= from)
  return Math.floor(Math.abs(seconds) / unit) + ' ' + name
}

/** How long ago, or in how long, a time is. */
export const relative = (second, now) => {
  const ago = now - second
  return Math.abs(ago) < 1 ? 'now' : ago > 0 ? span(ago) + ' ago' : 'in ' + span(ago)
}

/** Unix seconds as UTC to the second; undefined where no calendar has it. */
export const utc = second => {
  const date = new Date(second * 1000)
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString().replace('T', ' ').replace(/(\.\d+)?Z$/, ' UTC')
}
