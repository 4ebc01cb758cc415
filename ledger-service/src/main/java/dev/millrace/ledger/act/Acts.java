package dev.millrace.ledger.act;

import com.zaxxer.hikari.HikariDataSource;
import dev.millrace.books.Audit;
import dev.millrace.books.Idempotency;
import dev.millrace.common.token.ArticleId;
import dev.millrace.ledger.creator.LargeReads;
import dev.millrace.service.problem.Problem;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Makes what people ask for: one transaction an act, with its row of the audit trail. Acts have connections of their own, with more time for a statement
 * than a balance gets: a bulk correction or a payout run of all creators takes its time. Thread-safe.
 */
public final class Acts implements AutoCloseable {
    /** Header of a caller's own key for an act, so that a repetition books nothing twice. */
    public static final String KEY = "Idempotency-Key";

    private static final Logger log = LoggerFactory.getLogger(Acts.class);

    /** So many acts at a time. */
    public static final int AT_A_TIME = 4;

    private static final int STATEMENT_SECONDS = 60;

    /** Acts follow each other, and settlements: each waits for its turn. */
    private static final long PATIENCE_MILLIS = 30_000;

    private static final int LONGEST_KEY = 255;

    /** Most characters of a token's {@code sub} and {@code jti}. */
    private static final int LONGEST_NAME = 256;

    private final HikariDataSource connections;
    private final JdbcClient jdbc;
    private final TransactionTemplate transaction;

    /** @param balances whose connections these are like */
    Acts(HikariDataSource balances) {
        this.connections = LargeReads.pool(balances, "acts", STATEMENT_SECONDS, AT_A_TIME);
        connections.setConnectionTimeout(PATIENCE_MILLIS);
        this.jdbc = JdbcClient.create(connections);
        this.transaction = new TransactionTemplate(new JdbcTransactionManager(connections));
    }

    /** For the work of {@link #make} and {@link #once}, and for looks before it. */
    public JdbcClient jdbc() {
        return jdbc;
    }

    /**
     * The key of a request that must have one.
     *
     * @throws dev.millrace.service.problem.ProblemException {@code idempotency-key-missing}
     */
    public static String requiredKey(@Nullable String header) {
        if (header == null || header.isBlank()) {
            throw Problem.IDEMPOTENCY_KEY_MISSING.because(
                    "the request has no header '%s'; send a key of your own, and the same one when you send the same request again",
                    KEY);
        }
        if (header.length() > LONGEST_KEY) {
            throw Problem.IDEMPOTENCY_KEY_MISSING.because(
                    "the header '%s' has %d characters; it takes at most %d", KEY, header.length(), LONGEST_KEY);
        }
        return header;
    }

    /** Does the work in one transaction. */
    public <T> T make(Supplier<T> work) {
        return Objects.requireNonNull(transaction.execute(_ -> work.get()));
    }

    /**
     * Does the work in one transaction, or gives the answer that it had before under the same key.
     *
     * @throws dev.millrace.service.problem.ProblemException {@code idempotency-conflict}
     */
    public <T> T once(Idempotency.Request request, Class<T> answer, Supplier<T> work) {
        Idempotency keys = new Idempotency(jdbc);
        try {
            return make(() -> keys.before(request, answer).orElseGet(() -> {
                T done = work.get();
                keys.keep(request, done);
                return done;
            }));
        } catch (Idempotency.ConflictException e) {
            throw Problem.IDEMPOTENCY_CONFLICT.because(String.valueOf(e.getMessage()));
        }
    }

    /** Leaves the act's trace, in the same transaction, and a line in the log. */
    public void trace(
            Jwt caller,
            String action,
            String target,
            @Nullable Object before,
            @Nullable Object after,
            @Nullable String reason) {
        trace(new Audit(jdbc), caller, action, target, before, after, reason);
    }

    /** The same for an act in another transaction. */
    public static void trace(
            Audit audit,
            Jwt caller,
            String action,
            String target,
            @Nullable Object before,
            @Nullable Object after,
            @Nullable String reason) {
        Audit.Actor actor = new Audit.Actor(subject(caller), token(caller));
        audit.add(actor, action, target, before, after, reason);
        log.info("{} {} by '{}' (audit {})", action, target, actor.subject(), audit.head());
    }

    /**
     * Who acts.
     *
     * @throws dev.millrace.service.problem.ProblemException {@code forbidden} where the token names nobody, or takes the name of a command
     */
    public static String subject(Jwt caller) {
        String subject = caller.getSubject();
        if (subject == null || subject.isBlank()) {
            throw Problem.FORBIDDEN.because("the token has no sub; each change is traced to a subject");
        }
        if (subject.startsWith(Audit.COMMAND)) {
            throw Problem.FORBIDDEN.because(
                    "the token's sub begins with '%s', as the names of commands do", Audit.COMMAND);
        }
        return traceable("sub", subject);
    }

    private static @Nullable String token(Jwt caller) {
        String id = caller.getId();
        return id == null ? null : traceable("jti", id);
    }

    /** It becomes a part of a log line. */
    private static String traceable(String claim, String value) {
        if (value.codePointCount(0, value.length()) > LONGEST_NAME || !ArticleId.isClean(value)) {
            throw Problem.FORBIDDEN.because(
                    "the token's %s is not 1 to %d characters without a control character", claim, LONGEST_NAME);
        }
        return value;
    }

    @Override
    public void close() {
        connections.close();
    }
}
