package dev.millrace.ledger.database;

import dev.millrace.common.message.SettingException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.context.SmartLifecycle;
import org.springframework.core.env.Environment;
import org.springframework.core.io.Resource;
import org.springframework.core.io.support.PathMatchingResourcePatternResolver;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Lets the service start once the database has every migration of this release. It asks as the service's own login. The owner's secret is
 * refused outside the local profile, and so is a login that has the owner's rights.
 *
 * <p>It waits for a minute, because Kubernetes starts a job and the pods that need it together, and a host that boots starts all of its
 * containers together. Then it gives up and names the command, so that a job that nobody runs is seen as a service that does not start.
 * A schema that is newer than this release will do: the job of an upgrade runs before the old pods have ended.
 */
public final class SchemaCheck implements SmartLifecycle {
    private static final Logger log = LoggerFactory.getLogger(SchemaCheck.class);

    static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final Duration PAUSE = Duration.ofSeconds(1);
    private static final Pattern VERSION = Pattern.compile("V([0-9]+)__.*\\.sql");

    private final JdbcClient jdbc;
    private final Set<String> needed;
    private final Duration patience;
    private final boolean local;
    private volatile boolean running;

    @Autowired
    SchemaCheck(JdbcClient jdbc, Environment environment) {
        this(jdbc, migrations(), PATIENCE, environment.matchesProfiles("local"));
        String secret = environment.getProperty(Migration.OWNER_PASSWORD, "");
        if (!secret.isBlank() && !local) {
            throw new SettingException(Migration.OWNER_PASSWORD
                    + " is set. ledger-service takes no owner's secret: whoever takes the service over could rewrite the ledger with it."
                    + " Give it to `migrate` alone");
        }
    }

    SchemaCheck(JdbcClient jdbc, Set<String> needed, Duration patience, boolean local) {
        this.jdbc = jdbc;
        this.needed = needed;
        this.patience = patience;
        this.local = local;
    }

    /** The versions on the class path. */
    static Set<String> migrations() {
        try {
            Resource[] files = new PathMatchingResourcePatternResolver().getResources("classpath:db/migration/V*.sql");
            Set<String> versions = new TreeSet<>(Comparator.comparingInt(Integer::parseInt));
            Arrays.stream(files)
                    .map(file -> VERSION.matcher(String.valueOf(file.getFilename())))
                    .flatMap(name -> name.results())
                    .map((MatchResult name) -> name.group(1))
                    .forEach(versions::add);
            return versions;
        } catch (IOException e) {
            throw new UncheckedIOException("the migrations of this build can't be listed", e);
        }
    }

    @Override
    public void start() {
        long deadline = System.nanoTime() + patience.toNanos();
        String trouble = trouble();
        boolean isTold = false;
        while (!trouble.isEmpty()) {
            if (System.nanoTime() > deadline) {
                throw new SettingException(trouble
                        + ". Run `migrate` of this release with the owner's secret: ./millrace migrate, or the image"
                        + " of ledger-service with the argument migrate");
            }
            if (!isTold) {
                log.warn("{}; waiting up to {} s for `migrate`", trouble, patience.toSeconds());
                isTold = true;
            }
            sleep();
            trouble = trouble();
        }
        refuseOwner();
        running = true;
    }

    private void refuseOwner() {
        List<String> owners = jdbc.sql("""
                        SELECT current_user FROM pg_class c, pg_roles r
                        WHERE c.oid = 'journal'::regclass AND r.rolname = current_user AND (r.rolsuper OR pg_has_role(c.relowner, 'MEMBER'))
                        """).query(String.class).list();
        if (!owners.isEmpty() && !local) {
            throw new SettingException(
                    "MILLRACE_POSTGRES_USER '%s' has the rights of the schema's owner: whoever takes the service over could rewrite the ledger. Use the login 'ledger' (deploy/postgres/roles.sql)"
                            .formatted(owners.getFirst()));
        }
    }

    private static void sleep() {
        try {
            Thread.sleep(PAUSE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for the schema", e);
        }
    }

    /** Empty when the schema has all that is needed. */
    private String trouble() {
        try {
            Set<String> missing = new TreeSet<>(needed);
            missing.removeAll(applied());
            return missing.isEmpty() ? "" : "the database lacks the migrations " + String.join(", ", missing);
        } catch (DataAccessException e) {
            return "the database's migrations can't be read: "
                    + e.getMostSpecificCause().getMessage();
        }
    }

    private List<String> applied() {
        return jdbc.sql("SELECT version FROM flyway_schema_history WHERE success AND version IS NOT NULL")
                .query(String.class)
                .list();
    }

    @Override
    public void stop() {
        running = false;
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    /** Before the server listens. */
    @Override
    public int getPhase() {
        return Integer.MIN_VALUE;
    }
}
