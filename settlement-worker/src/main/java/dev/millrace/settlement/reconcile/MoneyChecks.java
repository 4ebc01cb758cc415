package dev.millrace.settlement.reconcile;

import java.util.List;

/** Statements that compare what people moved with what was booked; in the form of {@link LedgerChecks}. */
final class MoneyChecks {
    /** A correction is its journal, its lines, and the credits that it takes back; none takes back more than there was. */
    private static final String CORRECTIONS = """
            WITH booked AS (
                SELECT p.journal_id, sum(p.micros) FILTER (WHERE starts_with(a.name, 'publisher:')) AS micros
                FROM posting p JOIN journal j USING (created_at, journal_id) JOIN account a USING (account_id)
                WHERE j.kind = 'correction'
                GROUP BY p.journal_id
            ), taken AS (
                SELECT correction_id, sum(micros) AS micros FROM correction_line GROUP BY correction_id
            ), reversed AS (
                SELECT correction AS journal_id, sum(micros) AS micros FROM reversal GROUP BY correction
            ), found (rank, subject, what, figures) AS (
                SELECT 1, coalesce(correction_id::text, format('journal %s', journal_id)),
                       CASE WHEN correction_id IS NULL THEN 'no correction has this journal' ELSE 'is not what its journal, its lines and its credits say' END,
                       json_build_object('micros', c.micros, 'booked', b.micros, 'lines', t.micros, 'credits', r.micros)
                FROM booked b
                FULL JOIN correction c USING (journal_id)
                LEFT JOIN taken t USING (correction_id)
                LEFT JOIN reversed r USING (journal_id)
                WHERE NOT (c.micros = b.micros AND c.micros = t.micros AND c.micros = r.micros) OR c.micros IS NULL OR b.micros IS NULL
                UNION ALL
                SELECT 2, concat_ws('|', l.publisher, l.creator, l.article, l.type, l.rate_version, l.day), 'more is taken back than was archived',
                       json_build_object('units', l.units, 'archivedUnits', e.units, 'micros', l.micros, 'archived', e.micros)
                FROM (SELECT day, creator, publisher, article, type, rate_version, sum(units) AS units, sum(micros) AS micros
                      FROM correction_line GROUP BY day, creator, publisher, article, type, rate_version) l
                LEFT JOIN engagement e USING (day, creator, publisher, article, type, rate_version)
                WHERE NOT (l.units <= e.units AND l.micros <= e.micros) OR e.micros IS NULL
                UNION ALL
                SELECT 3, format('%s of %s in journal %s', a.name, r.publisher, r.credit), 'more is taken back than was credited',
                       json_build_object('micros', r.micros, 'credited', p.micros)
                FROM (SELECT account_id, credit_at, credit, publisher, sum(micros) AS micros FROM reversal GROUP BY account_id, credit_at, credit, publisher) r
                LEFT JOIN posting p ON (p.account_id, p.created_at, p.journal_id, p.publisher) = (r.account_id, r.credit_at, r.credit, r.publisher)
                LEFT JOIN account a ON a.account_id = r.account_id
                WHERE NOT r.micros <= p.micros OR p.micros IS NULL
                UNION ALL
                SELECT 4, p.publisher, 'the publisher''s corrections do not sum to what raises its budget',
                       json_build_object('corrected', p.corrected, 'corrections', coalesce(c.micros, 0))
                FROM publisher p LEFT JOIN (SELECT publisher, sum(micros) AS micros FROM correction GROUP BY publisher) c USING (publisher)
                WHERE p.corrected <> coalesce(c.micros, 0)
            )
            SELECT 'correction' AS kind, subject, what, figures FROM found ORDER BY rank, subject
            """;

    /** What is on its way and what was paid out are the payouts in that state. */
    private static final String PAYOUTS = """
            WITH standing AS (
                SELECT p.creator, p.micros, e.state, CASE WHEN starts_with(p.creator, 'test:') THEN 'test:' ELSE '' END AS own
                FROM payout p LEFT JOIN payout_step e ON e.payout_id = p.payout_id AND e.ended
            ), promised AS (
                SELECT 'underway:' || creator AS name, sum(micros) AS micros FROM standing WHERE state IS NULL GROUP BY creator
                UNION ALL
                SELECT own || 'underway', -sum(micros) FROM standing WHERE state IS NULL GROUP BY own
                UNION ALL
                SELECT own || 'payout', sum(micros) FROM standing WHERE state = 'paid' GROUP BY own
            ), booked AS (
                SELECT a.name, b.micros FROM balance b JOIN account a USING (account_id)
                WHERE starts_with(a.name, 'underway') OR a.name IN ('payout', 'test:payout', 'test:underway')
            )
            SELECT 'payout' AS kind, name AS subject, 'the balance is not the sum of the payouts' AS what,
                   json_build_object('payouts', coalesce(p.micros, 0), 'balance', coalesce(b.micros, 0)) AS figures
            FROM promised p FULL JOIN booked b USING (name)
            WHERE coalesce(p.micros, 0) <> coalesce(b.micros, 0)
            ORDER BY name
            """;

    /** What decides when money is old enough: each posting's sum of credits, and the balance's. */
    private static final String CREDITS = """
            WITH counted AS (
                SELECT p.account_id, p.credited,
                       sum(CASE WHEN coalesce(j.kind, 'settlement') IN ('settlement', 'adoption') THEN greatest(p.micros, 0) ELSE 0 END) OVER account AS credits,
                       row_number() OVER (PARTITION BY p.account_id ORDER BY p.created_at DESC, p.journal_id DESC, p.publisher DESC) AS place
                FROM posting p LEFT JOIN journal j USING (created_at, journal_id)
                WINDOW account AS (PARTITION BY p.account_id ORDER BY p.created_at, p.journal_id, p.publisher)
            )
            SELECT 'credit' AS kind, a.name AS subject, 'credited is not the sum of the credits' AS what,
                   json_build_object('wrongPostings', c.wrong, 'credits', c.credits, 'balance', b.credited) AS figures
            FROM (SELECT account_id, count(*) FILTER (WHERE credited <> credits) AS wrong, max(credits) AS credits FROM counted GROUP BY account_id) c
            JOIN account a USING (account_id)
            LEFT JOIN balance b USING (account_id)
            WHERE c.wrong > 0 OR coalesce(b.credited, 0) <> c.credits
            ORDER BY a.name
            """;

    /** The audit trail is whole. */
    private static final String AUDIT = """
            WITH link AS (
                SELECT number, prev_hash, hash, audit_hash(a) AS again, row_number() OVER chain AS place,
                       lag(hash, 1, decode(repeat('00', 32), 'hex')) OVER chain AS before
                FROM audit a WINDOW chain AS (ORDER BY number)
            )
            SELECT 'audit' AS kind, number::text AS subject,
                   CASE WHEN place <> number THEN 'an act before it is missing' WHEN hash <> again THEN 'has another hash than it says'
                        ELSE 'does not follow the act before it' END AS what, json_build_object() AS figures
            FROM link WHERE place <> number OR hash <> again OR prev_hash <> before
            UNION ALL
            SELECT 'audit', 'head', 'is not the last act', json_build_object('head', h.number, 'last', l.number)
            FROM audit_head h LEFT JOIN (SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1) l ON true
            WHERE h.number <> coalesce(l.number, 0) OR h.hash <> coalesce(l.hash, h.hash)
            """;

    /** Budgets go by what is noted as spent: what was booked to the publisher, before corrections. */
    private static final String SPENT = """
            WITH spent AS (
                SELECT publisher, coalesce(sum(micros) FILTER (WHERE day = '-infinity'), 0) AS micros,
                       coalesce(sum(micros) FILTER (WHERE day <> '-infinity'), 0) AS days
                FROM publisher_spent GROUP BY publisher
            ), booked AS (
                SELECT substr(a.name, 11) AS publisher, -sum(p.micros) AS micros
                FROM posting p JOIN account a USING (account_id)
                LEFT JOIN journal j ON (j.created_at, j.journal_id) = (p.created_at, p.journal_id)
                WHERE starts_with(a.name, 'publisher:') AND coalesce(j.kind, 'settlement') IN ('settlement', 'adoption')
                GROUP BY a.name
            )
            SELECT 'spent' AS kind, publisher AS subject, 'is not what was booked to the publisher, or not the sum of its days' AS what,
                   json_build_object('spent', coalesce(s.micros, 0), 'days', coalesce(s.days, 0), 'booked', b.micros) AS figures
            FROM booked b LEFT JOIN spent s USING (publisher)
            WHERE coalesce(s.micros, 0) <> b.micros OR s.days <> s.micros
            ORDER BY publisher
            """;

    static final List<String> ALL = List.of(CORRECTIONS, PAYOUTS, CREDITS, SPENT, AUDIT);

    private MoneyChecks() {}
}
