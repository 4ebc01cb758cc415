package dev.millrace.local.replay;

import dev.millrace.common.token.Kid;
import dev.millrace.local.command.KeyCommand;
import dev.millrace.local.command.Terminal;
import dev.millrace.local.mint.TokenMint;
import dev.millrace.local.publisher.Publishers;
import dev.millrace.local.publisher.Publishers.SigningKey;
import dev.millrace.local.replay.ReplayCounts.Kind;
import dev.millrace.local.settings.LocalSettings;
import dev.millrace.local.settings.Part;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code millrace replay FILE}. */
@CommandLine.Command(
        name = "replay",
        description = {
            "Send an access log's page views as a publisher's server would.",
            "",
            "FILE is in Apache's combined format, also compressed by gzip. Each line begins with the reader's address or"
                    + " host name: a line with anything in front of it is unreadable.",
            "A page view is a GET with status 200 or 304 of a path whose last segment has no known extension of a file (.css,"
                    + " .png, .pdf and so on). The article is that path as RFC 3986 normalises it, without query, fragment and"
                    + " path parameters; a token holds up to 128 characters of it. The log can't tell a prefetch from a view.",
            "Robots (user agent with bot, crawl, spider, slurp or feed in it, CUBOT's phones aside) are skipped.",
            "One visitor (address and user agent) counts once per article and half hour, however often the file is"
                    + " replayed within two hours: an interrupted replay is simply run again. Events are remembered for two"
                    + " hours and ten minutes. A replay after that pays the file again.",
            "",
            "Printed at the end: lines of the file; unreadable ones; page views, which is what was sent; robots skipped, their"
                    + " page views, and too long, those of articles that no token holds, which were not; and how many events"
                    + " were accepted, duplicate and rejected. The first lines that were left out are named.",
            "Exit code 0: every page view was answered; 1: it could not go on; 2: wrong usage, or no line of the file is in the"
                    + " combined format.",
            ""
        })
public final class ReplayCommand implements Callable<Integer> {
    private static final Duration PROGRESS = Duration.ofSeconds(2);

    /** As long as a token of it lives. */
    private static final Duration LONGEST_PATIENCE = Duration.ofHours(1);

    private final Terminal terminal;
    private final ReplayCounts counts = new ReplayCounts();
    private long started;
    private long reported;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(paramLabel = "FILE", description = "The access log.")
    private Path file = Path.of("");

    @Option(
            names = "--publisher",
            paramLabel = "ID",
            description = "Who signs; created where missing (default: ${DEFAULT-VALUE}).")
    private String publisher = "demo";

    @Option(
            names = "--creators",
            paramLabel = "N",
            description =
                    "Over how many creators the articles are spread, by the CRC-32 of the path (default: ${DEFAULT-VALUE}).")
    private int creators = 50;

    @Option(
            names = "--batch",
            paramLabel = "N",
            description = "Events a request, 1 to 1000 (default: ${DEFAULT-VALUE}).")
    private int batch = 200;

    @Option(
            names = "--in-flight",
            paramLabel = "N",
            description = "Requests at a time, 1 to 64 (default: ${DEFAULT-VALUE}).")
    private int inFlight = 4;

    @Option(
            names = "--patience",
            paramLabel = "TIME",
            defaultValue = "60s",
            description = "Give up when nothing gets through for so long, 0s to 1h (default: ${DEFAULT-VALUE}).")
    private Duration patience = Duration.ofSeconds(60);

    @Option(
            names = "--url",
            paramLabel = "URL",
            description = "Where events go (default: http://127.0.0.1:MILLRACE_INGEST_PORT/v1/events).")
    private @Nullable URI url;

    @Option(names = "--dry-run", description = "Count only; nothing is sent and no service has to run.")
    private boolean dryRun;

    @Option(names = "--json", description = "Print the counts as a JSON object.")
    private boolean json;

    public ReplayCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws Exception {
        check();
        SigningKey key = dryRun
                ? new SigningKey(new Kid(publisher, 1), "dry-run")
                : new Publishers(terminal.settings(), terminal.clock()).key(publisher);
        Replay replay = new Replay(key.secret(), creators, counts);
        started = System.nanoTime();
        reported = started;
        try (FileInputStream log = new FileInputStream(file.toFile())) {
            Terminal.withShutdownHook(this::sayHowFar, () -> {
                send(replay, log, key);
                return 0;
            });
        }
        counts.remarks().forEach(terminal.err()::println);
        terminal.out().println(json ? counts.json() : counts.table());
        if (dryRun) {
            terminal.err().println("dry run: nothing was sent");
        }
        return 0;
    }

    /** Runs when the process is ended from outside. */
    private void sayHowFar() {
        terminal.err()
                .printf(
                        "%ninterrupted at line %d: %d accepted, %d duplicate; run it again to complete it%n",
                        counts.get(Kind.LINES), counts.get(Kind.ACCEPTED), counts.get(Kind.DUPLICATE));
    }

    private void send(Replay replay, FileInputStream log, SigningKey key) {
        Runnable progress = () -> report(log.getChannel());
        if (dryRun) {
            replay.run(log, _ -> {}, progress);
            return;
        }
        LocalSettings settings = terminal.settings();
        URI target = url == null ? settings.address(Part.INGEST).resolve("/v1/events") : url;
        TokenMint mint = TokenMint.forPublisher(key.kid(), key.secret());
        try (PageViewSender sender =
                new PageViewSender(target, batch, inFlight, patience, mint, terminal.clock(), counts)) {
            replay.run(log, sender, progress);
        }
    }

    /** A line every two seconds. */
    private void report(FileChannel log) {
        long now = System.nanoTime();
        if (now - reported < PROGRESS.toNanos()) {
            return;
        }
        reported = now;
        long views = counts.get(Kind.PAGE_VIEWS);
        try {
            long percent = log.position() * 100 / Math.max(1, log.size());
            double perSecond = views * 1e9 / (now - started);
            terminal.err().printf("replay: %d %%, %,d page views, %,.0f/s%n", percent, views, perSecond);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void check() {
        KeyCommand.checkPublisher(spec, publisher);
        check(creators >= 1, "--creators is %d; it takes 1 or more", creators);
        check(batch >= 1 && batch <= 1000, "--batch is %d; it takes 1 to 1000", batch);
        check(inFlight >= 1 && inFlight <= 64, "--in-flight is %d; it takes 1 to 64", inFlight);
        check(Files.isReadable(file) && !Files.isDirectory(file), "can't read %s: it is no readable file", file);
        boolean isPatient = !patience.isNegative() && patience.compareTo(LONGEST_PATIENCE) <= 0;
        check(isPatient, "--patience is %s; it takes 0s to 1h", patience);
    }

    private void check(boolean isGood, String complaint, @Nullable Object value) {
        if (!isGood) {
            throw new CommandLine.ParameterException(spec.commandLine(), complaint.formatted(value));
        }
    }
}
