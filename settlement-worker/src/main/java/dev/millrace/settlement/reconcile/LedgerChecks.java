package dev.millrace.settlement.reconcile;

import dev.millrace.settlement.reconcile.ReconcileReport.Difference;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Map;
import java.util.function.UnaryOperator;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/**
 * Compares the ledger's tables with each other. The database compares, one statement a check; only differences come here: kind, subject, fault,
 * and the figures as JSON.
 */
final class LedgerChecks {
    /** A cursor is the sum of the epochs that were settled. */
    private static final String CURSORS = """
            SELECT 'cursor' AS kind, to_char(c.partition, '"partition "FM00') AS subject,
                   'is not the sum of the epochs that were settled' AS what,
                   json_build_object('epoch', c.settled_epoch, 'lastSettled', coalesce(e.last, 0),
                       'micros', c.settled_micros, 'settledMicros', coalesce(e.micros, 0),
                       'events', c.settled_events, 'settledEvents', coalesce(e.events, 0)) AS figures
            FROM partition_cursor c
            LEFT JOIN (SELECT partition, max(epoch) AS last, sum(micros) AS micros, sum(events) AS events
                       FROM settled_epoch GROUP BY partition) e USING (partition)
            WHERE c.settled_epoch <> coalesce(e.last, 0) OR c.settled_micros <> coalesce(e.micros, 0)
               OR c.settled_events <> coalesce(e.events, 0)
            ORDER BY c.partition
            """;

    /** Each epoch was settled once, none was left out, and none with money has no journal. */
    private static final String EPOCHS = """
            SELECT 'epoch' AS kind, to_char(partition, '"partition "FM00') AS subject, what, figures
            FROM (
                SELECT partition, epoch, 1 AS rank,
                       CASE WHEN epoch = before THEN format('epoch %s was settled twice', epoch)
                            ELSE format('no epoch between %s and %s was settled', before, epoch) END AS what, json_build_object() AS figures
                FROM (SELECT partition, epoch, lag(epoch, 1, 0::bigint) OVER (PARTITION BY partition ORDER BY epoch) AS before
                      FROM settled_epoch) e
                WHERE epoch <> before + 1
                UNION ALL
                SELECT partition, epoch, 2, format('epoch %s was settled without a journal', epoch), json_build_object('micros', micros)
                FROM settled_epoch
                WHERE journal_id IS NULL AND micros <> 0
            ) found
            ORDER BY rank, partition, epoch
            """;

    /** Corrections and payouts change postings and no engagement, so they are left out of what has to be earned. */
    private static final String MOVED =
            "WITH moved AS MATERIALIZED (SELECT created_at, journal_id FROM journal WHERE kind IN ('correction', 'payout'))";

    /** Each creator's postings are its balance, and units × rates of the archive. */
    private static final String CREATORS = MOVED + """
            , posted AS (
                SELECT account_id, publisher, sum(micros) AS settled,
                       coalesce(sum(micros) FILTER (WHERE c.journal_id IS NOT NULL), 0) AS moved
                FROM posting LEFT JOIN moved c USING (created_at, journal_id)
                GROUP BY account_id, publisher
            ), of_creator AS (
                SELECT substr(a.name, 9) AS creator, p.publisher, p.settled, p.moved
                FROM posted p JOIN account a USING (account_id)
                WHERE a.name LIKE 'creator:%'
            ), archived AS (
                SELECT e.creator, e.publisher, sum(price(e.units, p.micros)) AS recomputed, sum(e.micros) AS archived,
                       count(*) FILTER (WHERE e.micros IS DISTINCT FROM price(e.units, p.micros)) AS wrong
                FROM engagement e LEFT JOIN rate p ON p.version = e.rate_version AND p.type = e.type
                GROUP BY e.creator, e.publisher
            ), by_publisher AS (
                SELECT creator, publisher, coalesce(settled, 0) AS settled, coalesce(archived, 0) AS archived,
                       coalesce(recomputed, 0) + coalesce(moved, 0) AS recomputed, coalesce(wrong, 0) AS wrong
                FROM of_creator FULL JOIN archived USING (creator, publisher)
            ), by_creator AS (
                SELECT creator, sum(settled) AS settled, sum(recomputed) AS recomputed, sum(archived) AS archived, sum(wrong) AS wrong,
                       string_agg(publisher, ', ' ORDER BY publisher) FILTER (WHERE settled <> recomputed) AS publishers
                FROM by_publisher
                GROUP BY creator
            ), held AS (
                SELECT substr(a.name, 9) AS creator, b.micros
                FROM balance b JOIN account a USING (account_id)
                WHERE a.name LIKE 'creator:%'
            )
            SELECT 'creator' AS kind, creator AS subject,
                   concat_ws('; ',
                       CASE WHEN coalesce(settled, 0) <> coalesce(held.micros, 0) THEN 'the balance is not the sum of its postings' END,
                       'postings are not units × rates, of ' || publishers,
                       CASE WHEN wrong > 0 THEN format('archived micros are not units × rate in %s rows', wrong) END) AS what,
                   json_build_object('settled', coalesce(settled, 0), 'balance', coalesce(held.micros, 0),
                       'recomputed', coalesce(recomputed, 0), 'archived', coalesce(archived, 0)) AS figures
            FROM by_creator FULL JOIN held USING (creator)
            WHERE coalesce(settled, 0) <> coalesce(held.micros, 0) OR publishers IS NOT NULL OR wrong > 0
            ORDER BY creator
            """;

    /** Filtered units are in no posting; the price that is noted for them is units × rate. */
    private static final String FILTERED = """
            SELECT 'filtered' AS kind, f.creator AS subject, format('archived micros are not units × rate in %s rows', count(*)) AS what,
                   json_build_object('archived', sum(f.micros), 'recomputed', sum(price(f.units, p.micros))) AS figures
            FROM filtered f LEFT JOIN rate p ON p.version = f.rate_version AND p.type = f.type
            WHERE f.micros IS DISTINCT FROM price(f.units, p.micros)
            GROUP BY f.creator
            ORDER BY f.creator
            """;

    /** Every other account's postings are its balance. */
    private static final String OTHERS = """
            SELECT 'account' AS kind, coalesce(a.name, format('number %s', account_id)) AS subject,
                   CASE WHEN a.name IS NULL THEN 'does not exist' ELSE 'the balance is not the sum of its postings' END AS what,
                   json_build_object('settled', coalesce(p.micros, 0), 'balance', coalesce(b.micros, 0)) AS figures
            FROM (SELECT account_id, sum(micros) AS micros FROM posting GROUP BY account_id) p
            FULL JOIN balance b USING (account_id)
            LEFT JOIN account a USING (account_id)
            WHERE a.name IS NULL OR (a.name NOT LIKE 'creator:%' AND coalesce(p.micros, 0) <> coalesce(b.micros, 0))
            ORDER BY account_id
            """;

    /** Each publisher owes what its readers earned the creators. */
    private static final String PUBLISHERS = MOVED + """
            , posted AS (
                SELECT account_id, publisher, sum(micros) AS micros
                FROM posting LEFT JOIN moved c USING (created_at, journal_id)
                WHERE c.journal_id IS NULL
                GROUP BY account_id, publisher
            ), paid AS (
                SELECT p.publisher,
                       coalesce(sum(p.micros) FILTER (WHERE a.name LIKE 'creator:%'), 0) AS credits,
                       coalesce(-sum(p.micros) FILTER (WHERE a.name = 'publisher:' || p.publisher), 0) AS debit,
                       coalesce(-sum(p.micros) FILTER (WHERE a.name LIKE 'publisher:%' AND a.name <> 'publisher:' || p.publisher), 0) AS others
                FROM posted p JOIN account a USING (account_id)
                GROUP BY p.publisher
            )
            SELECT 'publisher' AS kind, publisher AS subject, 'its debit is not the sum of the credits it pays for' AS what,
                   json_build_object('credits', credits, 'debit', debit, 'bookedToOthers', others) AS figures
            FROM paid WHERE credits <> debit OR others <> 0 ORDER BY publisher
            """;

    /**
     * The chain is whole. Each journal balances, and is what it was booked from: settled epochs, a decision, or (a correction) nothing. Its
     * hash is {@link HashCheck}'s.
     */
    private static final String CHAIN = """
            WITH link AS (
                SELECT *, lag(journal_id, 1, 0::bigint) OVER chain AS before, lag(hash, 1, decode(repeat('00', 32), 'hex')) OVER chain AS hash_before
                FROM journal WINDOW chain AS (ORDER BY created_at, journal_id)
            ), booked AS (
                SELECT p.created_at, p.journal_id, count(*) AS postings, sum(p.micros) AS sum, min(p.account_id) FILTER (WHERE a.name IS NULL) AS stranger,
                       coalesce(sum(p.micros) FILTER (WHERE a.name LIKE 'creator:%'), 0) AS credits,
                       coalesce(sum(p.micros) FILTER (WHERE a.name = 'discarded'), 0) AS discarded
                FROM posting p LEFT JOIN account a USING (account_id)
                GROUP BY p.created_at, p.journal_id
            ), settled AS (
                SELECT journal_id, sum(micros) AS micros, sum(events) AS events
                FROM settled_epoch WHERE journal_id IS NOT NULL GROUP BY journal_id
            ), promised AS (
                SELECT 'settlement' AS kind, 'the epochs that were settled with it' AS source, journal_id, micros, events, 1 AS found FROM settled
                UNION ALL
                SELECT CASE decision WHEN 'adopted' THEN 'adoption' ELSE 'discard' END,
                       CASE decision WHEN 'adopted' THEN 'the decision to adopt' ELSE 'the decision to discard' END,
                       journal_id, sum(micros), sum(events), count(*)
                FROM quarantine_decision WHERE journal_id IS NOT NULL GROUP BY decision, journal_id
            ), checked AS (
                SELECT l.*, coalesce(b.postings, 0) AS postings, coalesce(b.sum, 0) AS sum, b.stranger,
                       coalesce(CASE l.kind WHEN 'discard' THEN b.discarded ELSE b.credits END, 0) AS micros,
                       coalesce(p.found, 0) AS found, p.micros AS their_micros, p.events AS their_events, s.journal_id AS settled,
                       CASE l.kind WHEN 'settlement' THEN 'the epochs that were settled with it' WHEN 'adoption' THEN 'the decision to adopt'
                                   WHEN 'discard' THEN 'the decision to discard' END AS source
                FROM link l
                LEFT JOIN booked b USING (created_at, journal_id)
                LEFT JOIN promised p ON p.journal_id = l.journal_id AND p.kind = l.kind
                LEFT JOIN settled s ON s.journal_id = l.journal_id
            ), last AS (
                SELECT journal_id, hash FROM journal
                UNION ALL
                SELECT 0, decode(repeat('00', 32), 'hex')
                ORDER BY journal_id DESC LIMIT 1
            ), found (place, rank, kind, subject, what, figures) AS (
                SELECT b.journal_id, 1, 'journal', b.journal_id::text, 'does not exist, but has postings', json_build_object('postings', b.postings)
                FROM booked b LEFT JOIN journal j USING (created_at, journal_id) WHERE j.journal_id IS NULL
                UNION ALL
                SELECT before + 1, 2, 'chain',
                       CASE journal_id WHEN before + 2 THEN format('journal %s', before + 1) ELSE format('between %s and %s', before, journal_id) END,
                       CASE WHEN journal_id > before THEN 'is missing' ELSE 'journals are out of order' END, json_build_object()
                FROM checked WHERE journal_id <> before + 1
                UNION ALL
                SELECT s.journal_id, 3, 'journal', s.journal_id::text, 'does not exist, but settled epochs name it', json_build_object()
                FROM settled s WHERE NOT EXISTS (SELECT FROM journal j WHERE j.journal_id = s.journal_id)
                UNION ALL
                SELECT journal_id, 4, 'journal', journal_id::text, 'has a posting to an account that does not exist', json_build_object('account', stranger)
                FROM checked WHERE stranger IS NOT NULL
                UNION ALL
                SELECT journal_id, 5, 'journal', journal_id::text, format('does not follow the hash of journal %s', before), json_build_object()
                FROM checked WHERE journal_id = before + 1 AND prev_hash <> hash_before
                UNION ALL
                SELECT journal_id, 6, 'journal', journal_id::text, 'its postings do not sum to zero, or are fewer than two',
                       json_build_object('postings', postings, 'sum', sum)
                FROM checked WHERE postings < 2 OR sum <> 0
                UNION ALL
                SELECT journal_id, 7, 'journal', journal_id::text, 'is not what it was booked from: ' || source,
                       json_build_object('micros', micros, 'events', events, 'found', found, 'theirMicros', their_micros, 'theirEvents', their_events)
                FROM checked
                WHERE source IS NOT NULL AND (found <> 1 OR micros <> their_micros OR events <> their_events)
                UNION ALL
                SELECT journal_id, 8, 'journal', journal_id::text, 'is no settlement, but settled epochs name it', json_build_object()
                FROM checked WHERE kind <> 'settlement' AND settled IS NOT NULL
                UNION ALL
                SELECT 9223372036854775807, 9, 'chain', 'head', 'is not the last journal',
                       json_build_object('head', h.journal_id, 'headHash', left(encode(h.hash, 'hex'), 16) || '…',
                           'last', l.journal_id, 'lastHash', left(encode(l.hash, 'hex'), 16) || '…')
                FROM chain_head h, last l WHERE h.journal_id <> l.journal_id OR h.hash <> l.hash
                UNION ALL
                SELECT 9223372036854775807, 10, 'decision', d.name, 'its journal does not exist', json_build_object()
                FROM quarantine_decision d
                WHERE (d.journal_id IS NULL AND d.micros <> 0)
                   OR (d.journal_id IS NOT NULL AND NOT EXISTS (SELECT FROM journal j WHERE j.journal_id = d.journal_id))
            )
            SELECT kind, subject, what, figures FROM found ORDER BY place, rank, subject
            """;

    private static final TypeReference<Map<String, Object>> FIGURES = new TypeReference<>() {};

    private final Snapshot ledger;
    private final ReconcileReport report;

    LedgerChecks(Snapshot ledger, ReconcileReport report) {
        this.ledger = ledger;
        this.report = report;
    }

    /** @param beyond adds to a creator's difference what the counters hold */
    void accounts(UnaryOperator<Difference> beyond) {
        report.step("cursors and settled epochs");
        run(CURSORS);
        run(EPOCHS);
        report.step("creators");
        ledger.forEach(CREATORS, LedgerChecks::row, creator -> report.difference(beyond.apply(creator)));
        report.step("filtered units");
        run(FILTERED);
        report.step("other accounts");
        run(OTHERS);
        run(PUBLISHERS);
        report.step("corrections, payouts and the audit trail");
        MoneyChecks.ALL.forEach(this::run);
    }

    void chain() {
        run(CHAIN);
    }

    private void run(String sql) {
        ledger.forEach(sql, LedgerChecks::row, report::difference);
    }

    private static Difference row(ResultSet row, int number) throws SQLException {
        Map<String, Object> figures = JsonMapper.shared().readValue(row.getString("figures"), FIGURES);
        figures.values().removeIf(figure -> figure == null);
        return new Difference(row.getString("kind"), row.getString("subject"), row.getString("what"), figures);
    }
}
