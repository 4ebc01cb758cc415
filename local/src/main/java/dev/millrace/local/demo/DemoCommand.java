package dev.millrace.local.demo;

import dev.millrace.client.ClientOptions;
import dev.millrace.client.MillraceClient;
import dev.millrace.local.command.Terminal;
import dev.millrace.local.mint.BearerMint;
import dev.millrace.local.process.CommandException;
import dev.millrace.local.publisher.Publishers;
import dev.millrace.local.publisher.Publishers.SigningKey;
import dev.millrace.local.settings.LocalSettings;
import dev.millrace.local.settings.Part;
import dev.millrace.local.up.StackRun;
import java.io.Closeable;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code millrace demo}. */
@CommandLine.Command(
        name = "demo",
        description = {
            "Serve a small publisher's site on the local stack, with a bot that reads it; stop with Ctrl-C.",
            "",
            "Each page shows what Millrace says of its events, and what the creators have earned. The stack that runs in"
                    + " MILLRACE_HOME is used. Where none runs, the demo starts one as ./millrace up does, and stops it at"
                    + " its end. The publisher is demo; its page tokens are switched on for the site."
        })
public final class DemoCommand implements Callable<Integer> {
    private static final String PUBLISHER = "demo";
    private static final int MOST_PAGES = 60;
    private static final Duration MINUTE = Duration.ofMinutes(1);

    private final Terminal terminal;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(
            names = "--port",
            paramLabel = "PORT",
            defaultValue = "8083",
            description = "Where the site listens, on 127.0.0.1 (default: ${DEFAULT-VALUE}).")
    private int port = 8083;

    @Option(
            names = "--bot",
            paramLabel = "N",
            defaultValue = "6",
            description = "Pages that the bot reads a minute, up to 60; 0 for no bot (default: ${DEFAULT-VALUE}).")
    private int pages = 6;

    public DemoCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws Exception {
        LocalSettings settings = terminal.settings();
        check(settings);
        try (DemoSite site = new DemoSite(port)) {
            return StackRun.joinOrStart(terminal, () -> open(site, settings));
        }
    }

    private void check(LocalSettings settings) {
        if (port < 1 || port > 65535) {
            throw new CommandLine.ParameterException(
                    spec.commandLine(), "--port is %d; it takes 1 to 65535".formatted(port));
        }
        if (pages < 0 || pages > MOST_PAGES) {
            throw new CommandLine.ParameterException(
                    spec.commandLine(), "--bot is %d; it takes 0 to %d pages a minute".formatted(pages, MOST_PAGES));
        }
        settings.ports().forEach((variable, taken) -> {
            if (taken == port) {
                throw CommandException.wrongCall(
                        "port %d is the stack's (%s); choose another one with --port".formatted(port, variable));
            }
        });
    }

    /** Opens the site on a stack that is ready. What is returned ends all that was begun here, the last one first. */
    private Closeable open(DemoSite site, LocalSettings settings) {
        URI ingest = settings.address(Part.INGEST);
        URI ledger = settings.address(Part.LEDGER);
        SigningKey key = new Publishers(settings, terminal.clock()).keyOfSite(PUBLISHER, site.address());
        MillraceClient client = new MillraceClient(ClientOptions.of(ingest));
        Deque<Closeable> begun = new ArrayDeque<>();
        begun.push(() -> client.close());
        site.open(
                new Pages(ingest, ledger, PUBLISHER),
                new Tokens(key, terminal.clock(), client),
                new LiveFigures(ingest, ledger, key, new BearerMint(settings.bearerSecret()), terminal.clock()));
        begun.push(site);
        if (pages > 0) {
            begun.push(new Crawler(site.address(), ingest, MINUTE.dividedBy(pages)));
        }
        tell(site.address(), key);
        return () -> {
            for (Closeable one : begun) {
                one.close();
            }
        };
    }

    private void tell(URI site, SigningKey key) {
        String creators = DemoArticle.ALL.stream()
                .map(DemoArticle::creator)
                .distinct()
                .sorted()
                .collect(Collectors.joining(" "));
        say("publisher", "%s, key %s; creators %s".formatted(PUBLISHER, key.kid(), creators));
        say("bot", pages == 0 ? "none" : "%d pages a minute as %s".formatted(pages, Crawler.userAgent(site)));
        say("demo", site + "  open it in a browser");
    }

    private void say(String name, String what) {
        terminal.out().printf("%-18s %s%n", name, what);
    }
}
