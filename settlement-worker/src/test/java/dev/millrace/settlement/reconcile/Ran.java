package dev.millrace.settlement.reconcile;

import dev.millrace.local.server.Databases;
import dev.millrace.local.testing.RealServers;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The command as an operator runs it, and what it said. */
record Ran(int exit, String out, String err) {

    static Ran on(String databaseUrl, String... arguments) {
        return with(RealServers.redisUrl(), databaseUrl, arguments);
    }

    static Ran with(String redisUrl, String databaseUrl, String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int exit = ReconcileCommand.run(
                stream(out),
                stream(err),
                List.of(arguments),
                "--millrace.redis-url=" + redisUrl,
                "--spring.datasource.url=" + databaseUrl,
                "--spring.datasource.username=" + Databases.SETTLER,
                "--spring.datasource.password=" + RealServers.password(),
                "--millrace.reconcile.reader=" + Databases.READER,
                "--millrace.reconcile.reader-password=" + RealServers.password());
        return new Ran(exit, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    private static PrintStream stream(ByteArrayOutputStream bytes) {
        return new PrintStream(bytes, true, StandardCharsets.UTF_8);
    }

    /** What {@code --json} printed. */
    JsonNode json() {
        return JsonMapper.shared().readTree(out);
    }

    /** Each difference as {@code kind subject: what}. */
    List<String> differences() {
        List<String> differences = new ArrayList<>();
        json().get("differences")
                .forEach(d -> differences.add("%s %s: %s"
                        .formatted(
                                d.get("kind").asString(),
                                d.get("subject").asString(),
                                d.get("what").asString())));
        return differences;
    }
}
