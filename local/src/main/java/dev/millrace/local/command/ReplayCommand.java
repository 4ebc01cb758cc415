package dev.millrace.local.command;

import dev.millrace.common.token.Kid;
import dev.millrace.local.publisher.Publishers;
import dev.millrace.local.replay.ProgressBarOnTerminal;
import dev.millrace.local.replay.ProgressLines;
import dev.millrace.local.replay.Replay;
import dev.millrace.local.replay.ReplayCounts;
import dev.millrace.local.replay.ReplayPlan;
import dev.millrace.local.replay.ReplayProgress;
import dev.millrace.local.settings.LocalSettings;
import dev.millrace.local.settings.Part;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
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
            "FILE is in Apache's combined format. A page view is a GET with status 200 or 304 of a path (query cut off)"
                    + " whose last segment has no dot or ends in .html .htm .xhtml .php.",
            "Robots (user agent with bot, crawl, spider, slurp or feed in it) are skipped.",
            "One visitor (address and user agent) counts once per article and half hour, however often the file is"
                    + " replayed: an interrupted replay is simply run again.",
            "",
            "Printed at the end: lines of the file; unreadable ones; page views, which is what was sent; robots skipped,"
                    + " their page views, which were not; and how many events were accepted, duplicate and rejected.",
            ""
        })
public final class ReplayCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(paramLabel = "FILE", description = "The access log.")
    private Path file = Path.of("");

    @Option(
            names = "--publisher",
            paramLabel = "ID",
            defaultValue = "demo",
            description = "Who signs; created where missing (default: ${DEFAULT-VALUE}).")
    private String publisher = "demo";

    @Option(
            names = "--creators",
            paramLabel = "N",
            defaultValue = "50",
            description =
                    "Over how many creators the articles are spread, by the CRC-32 of the path (default: ${DEFAULT-VALUE}).")
    private int creators = 50;

    @Option(
            names = "--batch",
            paramLabel = "N",
            defaultValue = "200",
            description = "Events a request, 1 to 1000 (default: ${DEFAULT-VALUE}).")
    private int batch = 200;

    @Option(
            names = "--in-flight",
            paramLabel = "N",
            defaultValue = "4",
            description = "Requests at a time, 1 to 64 (default: ${DEFAULT-VALUE}).")
    private int inFlight = 4;

    @Option(
            names = "--patience",
            paramLabel = "TIME",
            defaultValue = "60s",
            description = "Give up when nothing gets through for so long (default: ${DEFAULT-VALUE}).")
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
    public Integer call() throws IOException, InterruptedException {
        check();
        LocalSettings settings = terminal.settings();
        ReplayPlan plan = plan(settings, signer(settings));
        Replay replay;
        ReplayCounts counts;
        try (InputStream log = Files.newInputStream(file);
                ReplayProgress progress = progress()) {
            replay = new Replay(plan, terminal.clock(), progress);
            counts = watched(replay, log);
        }
        replay.remarks().forEach(terminal.err()::println);
        terminal.out().println(json ? CountsReport.json(counts) : CountsReport.table(counts));
        if (dryRun) {
            terminal.err().println("dry run: nothing was sent");
        }
        return 0;
    }

    /** Says how far it got also when the process is being ended from outside. */
    private ReplayCounts watched(Replay replay, InputStream log) throws IOException, InterruptedException {
        Thread farewell = new Thread(() -> {
            ReplayCounts counts = replay.counts();
            terminal.err()
                    .printf(
                            "%ninterrupted at line %d: %d accepted, %d duplicate; run it again to complete it%n",
                            counts.lines(), counts.accepted(), counts.duplicate());
        });
        Runtime.getRuntime().addShutdownHook(farewell);
        try {
            return replay.run(log);
        } finally {
            withdraw(farewell);
        }
    }

    private static void withdraw(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The process is being ended; the hook speaks.
        }
    }

    private Publishers.SigningKey signer(LocalSettings settings) {
        return dryRun
                ? new Publishers.SigningKey(new Kid(publisher, 1), "dry-run")
                : new Publishers(settings, terminal.clock()).key(publisher);
    }

    private ReplayPlan plan(LocalSettings settings, Publishers.SigningKey key) {
        URI target = url == null ? settings.address(Part.INGEST).resolve("/v1/events") : url;
        return new ReplayPlan(key.kid(), key.secret(), creators, target, batch, inFlight, patience, dryRun);
    }

    private ReplayProgress progress() throws IOException {
        long bytes = Files.size(file);
        return terminal.columns() > 0
                ? new ProgressBarOnTerminal(terminal.err(), bytes, terminal.columns())
                : new ProgressLines(terminal.err(), bytes);
    }

    private void check() {
        KeyCommand.PublisherId.check(spec, publisher);
        range("--creators", creators, Integer.MAX_VALUE);
        range("--batch", batch, 1000);
        range("--in-flight", inFlight, 64);
        if (Files.isDirectory(file) || !Files.isReadable(file)) {
            throw new CommandLine.ParameterException(
                    spec.commandLine(), "can't read " + file + ": it is no readable file");
        }
        boolean http = url == null || "http".equals(url.getScheme()) || "https".equals(url.getScheme());
        if (!http) {
            throw new CommandLine.ParameterException(
                    spec.commandLine(), "--url is " + url + "; it takes http or https");
        }
    }

    private void range(String option, int value, int highest) {
        if (value < 1 || value > highest) {
            throw new CommandLine.ParameterException(
                    spec.commandLine(), "%s is %d; it takes 1 to %d".formatted(option, value, highest));
        }
    }
}
