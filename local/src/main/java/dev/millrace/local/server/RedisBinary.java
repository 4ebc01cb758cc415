package dev.millrace.local.server;

import dev.millrace.local.process.Programs;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The {@code redis-server} to run.
 *
 * @param program the executable file
 * @param version as it says itself: {@code 7.0.15}
 * @param origin where it comes from, for people
 */
record RedisBinary(Path program, String version, String origin) {
    /** Functions flags of scripts ({@code #!lua flags=…}) came with Redis 7. */
    private static final int OLDEST_MAJOR = 7;

    private static final Pattern VERSION = Pattern.compile("v=((\\d+)\\.\\d+\\.\\d+)");

    static RedisBinary find(Path cache) {
        return Programs.onPath("redis-server")
                .flatMap(RedisBinary::installed)
                .orElseGet(() -> embedded(new BinaryCache(cache)));
    }

    /** The installed one, or empty where it is too old or does not run. */
    static Optional<RedisBinary> installed(Path program) {
        try {
            Process process = new ProcessBuilder(program.toString(), "--version")
                    .redirectErrorStream(true)
                    .start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            Matcher version = VERSION.matcher(output);
            boolean usable = process.waitFor(10, TimeUnit.SECONDS)
                    && process.exitValue() == 0
                    && version.find()
                    && Integer.parseInt(version.group(2)) >= OLDEST_MAJOR;
            return usable ? Optional.of(new RedisBinary(program, version.group(1), "of the PATH")) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }

    static RedisBinary embedded(BinaryCache cache) {
        String version = cache.version("redis");
        Path folder = cache.folder("redis-" + version, into -> cache.copyProgram(redisResource(version), into));
        return new RedisBinary(folder.resolve("redis-server"), version, "embedded binary");
    }

    private static String redisResource(String version) {
        Platform platform = Platform.current();
        return "redis-server-" + version + "-" + platform.system() + "-" + (platform.arm() ? "arm64" : "amd64");
    }
}
