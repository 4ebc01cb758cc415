package dev.millrace.ledger;

import dev.millrace.ledger.Stores.Credit;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Books as the worker and an operator do, by the schema's own function, journal and engagement in one transaction. */
public final class Bookings {
    private final Stores stores;
    private final JdbcClient settler;

    public Bookings(Stores stores) {
        this.stores = stores;
        this.settler = stores.settler();
    }

    /** Units that were sealed on a day, UTC. */
    public record Engaged(
            LocalDate day,
            String publisher,
            String creator,
            String article,
            String type,
            int rate,
            long units,
            long micros) {}

    /** Settles these, and returns the journal's number. */
    public long settle(Engaged... engaged) {
        return pay("settlement", null, List.of(engaged));
    }

    /** As {@link #settle}, by a person's decision. */
    public long adopt(String reason, Engaged... engaged) {
        return pay("adoption", reason, List.of(engaged));
    }

    private long pay(String kind, @org.jspecify.annotations.Nullable String reason, List<Engaged> engaged) {
        for (Engaged one : engaged) {
            stores.publisher(one.publisher());
            stores.owner()
                    .sql("SELECT ensure_months(?, 1)")
                    .param(one.day())
                    .query()
                    .singleRow();
        }
        Map<Credit, Long> credits = new TreeMap<>();
        engaged.forEach(one -> credits.merge(new Credit(one.publisher(), one.creator()), one.micros(), Math::addExact));
        return stores.inTransaction(() -> {
            settler.sql("CREATE TEMP TABLE owed (name text, publisher text, micros bigint) ON COMMIT DROP")
                    .update();
            credits.forEach((credit, micros) -> {
                owe("creator:" + credit.creator(), credit.publisher(), micros);
            });
            Map<String, Long> debits = new TreeMap<>();
            credits.forEach((credit, micros) -> debits.merge(credit.publisher(), micros, Math::addExact));
            debits.forEach((publisher, micros) -> owe("publisher:" + publisher, publisher, -micros));
            engaged.forEach(this::archive);
            return settler.sql("SELECT number FROM book(?, 1, ?)")
                    .param(1, kind)
                    .param(2, reason, java.sql.Types.VARCHAR)
                    .query(Long.class)
                    .single();
        });
    }

    private void owe(String account, String publisher, long micros) {
        settler.sql("INSERT INTO owed VALUES (?, ?, ?)")
                .params(account, publisher, micros)
                .update();
    }

    private void archive(Engaged one) {
        settler.sql("""
                        INSERT INTO engagement VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                        ON CONFLICT (creator, day, publisher, article, type, rate_version) DO UPDATE
                        SET units = engagement.units + excluded.units, micros = engagement.micros + excluded.micros
                        """)
                .params(
                        one.day(),
                        one.creator(),
                        one.publisher(),
                        one.article(),
                        one.type(),
                        one.rate(),
                        one.units(),
                        one.micros())
                .update();
    }
}
