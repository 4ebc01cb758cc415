/*
 * Shows what became of a key's events.
 */
import { el, message, relative, short, table, utc } from './show.js'

const MOST_ROWS = 50

const number = value => (Number.isFinite(value) ? value : 0)

const sum = counts => Object.values(counts || {}).reduce((all, count) => all + number(count), 0)

/** A count, and below it what it is made of. */
const parts = counts => [
  String(sum(counts)),
  Object.entries(counts || {})
    .slice(0, 10)
    .map(([name, count]) => el('span', { class: 'sub' }, `${short(name, 40)} ${number(count)}`)),
]

const seconds = text => Date.parse(text) / 1000

const when = (text, now) => {
  const second = seconds(text)
  return Number.isNaN(second) ? [short(text, 40)] : [utc(second), el('span', { class: 'sub' }, relative(second, now))]
}

const hour = text => {
  const time = utc(seconds(text))
  return time ? time.slice(0, 16) : short(text, 40)
}

const hoursTable = hours =>
  hours.length
    ? table(
        'Events by hour, UTC',
        ['Hour', '#Accepted', '#Duplicate', '#Filtered', '#Rejected'],
        hours
          .slice(0, MOST_ROWS)
          .map(row => [hour(row.hour), String(number(row.accepted)), String(number(row.duplicate)), parts(row.filtered), parts(row.rejected)]),
      )
    : message('note', 'No event of this publisher has come in the last 24 hours.')

const LEVELS = { accepted: 'good', duplicate: 'note', filtered: 'warn', rejected: 'bad' }

const lastTable = (last, now) =>
  last.length
    ? table(
        'The last events of this key',
        ['Last at', 'Event', 'Verdict', '#Times'],
        last
          .slice(0, MOST_ROWS)
          .map(row => [
            when(row.at, now),
            short(row.type || '', 40),
            [
              el('span', { class: 'verdict ' + (LEVELS[row.status] || 'note') }, short(row.status || '', 40)),
              row.code || row.reason ? el('span', { class: 'sub' }, short(row.code || row.reason, 60)) : '',
            ],
            String(number(row.count) || 1),
          ]),
      )
    : message('note', 'No event under this key has come lately.')

const list = value => (Array.isArray(value) ? value.filter(entry => entry && typeof entry === 'object') : [])

/** @param now Unix seconds */
export const verdicts = (answer, now) => [
  ...list(answer.warnings).map(warning => message('warn', el('strong', {}, short(warning.code || '', 60)), ' ', short(warning.detail || '', 600))),
  el('h3', {}, `Publisher ${short(answer.publisher || '', 40)}`),
  hoursTable(list(answer.hours)),
  el('h3', {}, `Key ${short(answer.kid || '', 60)}`),
  lastTable(list(answer.last), now),
]
