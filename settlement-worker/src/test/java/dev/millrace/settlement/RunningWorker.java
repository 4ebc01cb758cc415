package dev.millrace.settlement;

import dev.millrace.local.server.Databases;
import dev.millrace.local.testing.RealServers;
import java.util.ArrayList;
import java.util.List;
import org.flywaydb.core.Flyway;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.scheduling.concurrent.ThreadPoolTaskScheduler;

/** The worker as it runs in production, on a port of its own; it settles by itself only once an hour. */
public final class RunningWorker implements AutoCloseable {
    /** For a worker that nobody asks over HTTP: it starts sooner. */
    public static final String WITHOUT_SERVER = "--spring.main.web-application-type=none";

    private final ConfigurableApplicationContext context;

    public RunningWorker(String redisUrl, String databaseUrl, Databases databases, String... settings) {
        List<String> arguments = new ArrayList<>(List.of(
                "--server.port=0",
                "--millrace.redis-url=" + redisUrl,
                "--spring.datasource.url=" + databaseUrl,
                "--spring.datasource.username=" + Databases.SETTLER,
                "--spring.datasource.password=" + databases.password(),
                "--spring.flyway.enabled=false"));
        if (List.of(settings).stream().noneMatch(s -> s.startsWith("--millrace.settlement-interval"))) {
            arguments.add("--millrace.settlement-interval=1h");
        }
        arguments.addAll(List.of(settings));
        context = new SpringApplicationBuilder(SettlementWorker.class).run(arguments.toArray(String[]::new));
    }

    /** Stops what it does by itself: what happens then is what a test calls. */
    public RunningWorker byHand() {
        ThreadPoolTaskScheduler scheduler = context.getBean(ThreadPoolTaskScheduler.class);
        scheduler.setWaitForTasksToCompleteOnShutdown(true);
        scheduler.setAwaitTerminationSeconds(30);
        scheduler.shutdown();
        return this;
    }

    /** Makes the schema, as `migrate` does, and the publishers of the tests. */
    public static void migrate(String databaseUrl, Databases databases) {
        Flyway.configure()
                .dataSource(databaseUrl, Databases.OWNER, databases.password())
                .load()
                .migrate();
        JdbcClient.create(new DriverManagerDataSource(databaseUrl, Databases.OWNER, databases.password()))
                .sql("INSERT INTO publisher (publisher) VALUES ('demo'), ('other'), ('even'), ('odd')")
                .update();
    }

    /** The URL of a new database of the shared Postgres with that schema. */
    public static String freshDatabase() {
        return RealServers.copyOf(Migrated.DATABASE);
    }

    /** Made at first use. */
    private static final class Migrated {
        private static final String DATABASE = make();

        private static String make() {
            String database = RealServers.freshDatabase();
            migrate(database, RealServers.databases());
            return database;
        }
    }

    public <T> T bean(Class<T> type) {
        return context.getBean(type);
    }

    public String port() {
        return String.valueOf(context.getEnvironment().getProperty("local.server.port"));
    }

    @Override
    public void close() {
        context.close();
    }
}
