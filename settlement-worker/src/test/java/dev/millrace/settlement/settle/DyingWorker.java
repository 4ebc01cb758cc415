package dev.millrace.settlement.settle;

import dev.millrace.settlement.crash.CrashPoint;
import java.nio.file.Path;
import java.util.List;

/** A settlement in a process of its own, which ends without a word when it reaches a point. */
final class DyingWorker {
    /** What a process killed by signal 9 exits with. */
    static final int KILLED = 137;

    private DyingWorker() {}

    /**
     * @param arguments Redis' URL, the database's URL, the password, the point
     */
    public static void main(String[] arguments) {
        CrashPoint point = CrashPoint.valueOf(arguments[3]);
        try (Workers workers = new Workers(arguments[0], arguments[1], arguments[2])) {
            workers.settlement(reached -> {
                        if (reached == point) {
                            Runtime.getRuntime().halt(KILLED);
                        }
                    })
                    .settleAll();
        }
    }

    static Process start(String redisUrl, String databaseUrl, String password, CrashPoint point)
            throws java.io.IOException {
        return new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        DyingWorker.class.getName(),
                        redisUrl,
                        databaseUrl,
                        password,
                        point.name()))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
    }
}
