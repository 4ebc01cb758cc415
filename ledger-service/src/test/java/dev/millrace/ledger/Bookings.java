package dev.millrace.ledger;

import dev.millrace.ledger.Stores.Credit;
import dev.millrace.local.server.Databases;
import java.sql.Types;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** Books as the worker and an operator do, by the schema's own function, journal and engagement in one transaction. */
public final class Bookings {
    private final Stores stores;
    private final JdbcClient settler;
    private final DataSource ownerPool;
    private final JdbcClient owner;

    public Bookings(Stores stores) {
        this.stores = stores;
        this.settler = stores.settler();
        this.ownerPool = stores.pool(Databases.OWNER);
        this.owner = JdbcClient.create(ownerPool);
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

    /** Units of a day that a filter kept from being paid. */
    public record Unpaid(
            LocalDate day,
            String publisher,
            String creator,
            String article,
            String reason,
            String type,
            int rate,
            long units,
            long micros) {}

    /** Visits of a day, of readers from one source. */
    public record Visited(
            LocalDate day,
            String publisher,
            String creator,
            String article,
            String source,
            long views,
            long sessions,
            long sessionViews,
            long readSeconds) {}

    /** Archives these. */
    public void filter(Unpaid... filtered) {
        for (Unpaid one : filtered) {
            known(one.publisher(), one.day());
            settler.sql("INSERT INTO filtered VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
                    .params(one.day(), one.creator(), one.publisher(), one.article(), one.reason(), one.type())
                    .param(one.rate())
                    .param(one.units())
                    .param(one.micros())
                    .update();
        }
    }

    /** Archives these. */
    public void visit(Visited... visits) {
        for (Visited one : visits) {
            known(one.publisher(), one.day());
            settler.sql("INSERT INTO visits VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
                    .params(one.day(), one.creator(), one.publisher(), one.article(), one.source(), one.views())
                    .param(one.sessions())
                    .param(one.sessionViews())
                    .param(one.readSeconds())
                    .update();
        }
    }

    private void known(String publisher, LocalDate day) {
        stores.publisher(publisher);
        stores.owner().sql("SELECT ensure_months(?, 1)").param(day).query().singleRow();
    }

    /** Settles these, and returns the journal's number. */
    public long settle(Engaged... engaged) {
        return pay("settlement", null, List.of(engaged));
    }

    /** As {@link #settle}, by a person's decision. */
    public long adopt(String reason, Engaged... engaged) {
        return pay("adoption", reason, List.of(engaged));
    }

    private long pay(String kind, @Nullable String reason, List<Engaged> engaged) {
        for (Engaged one : engaged) {
            known(one.publisher(), one.day());
        }
        Map<Credit, Long> credits = new TreeMap<>();
        engaged.forEach(one -> credits.merge(new Credit(one.publisher(), one.creator()), one.micros(), Math::addExact));
        return stores.inTransaction(() -> {
            owed(settler);
            credits.forEach(
                    (credit, micros) -> owe(settler, "creator:" + credit.creator(), credit.publisher(), micros));
            Map<String, Long> debits = new TreeMap<>();
            credits.forEach((credit, micros) -> debits.merge(credit.publisher(), micros, Math::addExact));
            debits.forEach((publisher, micros) -> owe(settler, "publisher:" + publisher, publisher, -micros));
            engaged.forEach(this::archive);
            return settler.sql("SELECT number FROM book(?, 1, ?)")
                    .param(1, kind)
                    .param(2, reason, Types.VARCHAR)
                    .query(Long.class)
                    .single();
        });
    }

    /** Takes these back, as of a moment, and returns the correction's id. */
    public long correct(Instant at, String reason, @Nullable String reference, Engaged... back) {
        String publisher = back[0].publisher();
        long micros = Arrays.stream(back).mapToLong(Engaged::micros).sum();
        return Objects.requireNonNull(new TransactionTemplate(new JdbcTransactionManager(ownerPool)).execute(_ -> {
            owed(owner);
            Map<String, Long> debtors = new TreeMap<>();
            Arrays.stream(back).forEach(one -> debtors.merge(one.creator(), one.micros(), Math::addExact));
            debtors.forEach((creator, its) -> owe(owner, "creator:" + creator, publisher, -its));
            owe(owner, "publisher:" + publisher, publisher, micros);
            long id = owner.sql("""
                            INSERT INTO correction (journal_id, at, publisher, micros, reason, reference)
                            SELECT number, :at, :publisher, :micros, :reason, :reference FROM book('correction', 0, :reason)
                            RETURNING correction_id
                            """)
                    .param("at", at.atOffset(ZoneOffset.UTC))
                    .param("publisher", publisher)
                    .param("micros", micros)
                    .param("reason", reason)
                    .param("reference", reference, Types.VARCHAR)
                    .query(Long.class)
                    .single();
            owner.sql("UPDATE publisher SET corrected = corrected + ? WHERE publisher = ?")
                    .params(micros, publisher)
                    .update();
            for (int line = 0; line < back.length; line++) {
                Engaged one = back[line];
                owner.sql("INSERT INTO correction_line VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
                        .params(id, line, one.day(), one.creator(), publisher, one.article(), one.type(), one.rate())
                        .param(one.units())
                        .param(one.micros())
                        .update();
            }
            return id;
        }));
    }

    private static void owed(JdbcClient jdbc) {
        jdbc.sql("CREATE TEMP TABLE owed (name text, publisher text, micros bigint) ON COMMIT DROP")
                .update();
    }

    private static void owe(JdbcClient jdbc, String account, String publisher, long micros) {
        jdbc.sql("INSERT INTO owed VALUES (?, ?, ?)")
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
