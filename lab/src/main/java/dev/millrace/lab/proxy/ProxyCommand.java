package dev.millrace.lab.proxy;

import dev.millrace.lab.command.MeasuringCommand;
import dev.millrace.lab.command.ProgressPrinter;
import dev.millrace.lab.stack.MillraceStack;
import dev.millrace.local.command.Terminal;
import dev.millrace.local.process.CommandException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** {@code millrace proxy}. */
@CommandLine.Command(
        name = "proxy",
        description = {
            "Measure what counting views at the publisher's nginx costs a page.",
            "",
            "Starts the services and deploy/nginx/publisher.conf, and measures pages in turns: without the count, with it, with it"
                    + " while ingest-api is on another machine (a stand-in that answers at once), and while it is away. It needs nginx"
                    + " with Lua.",
            "",
            "It exits with 0 only when each page that was answered was accepted as one view.",
            ""
        })
public final class ProxyCommand extends MeasuringCommand {
    private static final MillraceStack.Setup SETUP =
            new MillraceStack.Setup(Duration.ofMinutes(1), MillraceStack.JVM, 1, 0);

    @Option(names = "--seconds", paramLabel = "N", description = "Length of each turn, 1 to 120 (default: 10).")
    private int seconds = 10;

    @Option(names = "--rounds", paramLabel = "N", description = "Turns of each state, 1 to 30 (default: 7).")
    private int rounds = 7;

    @Option(names = "--rate", paramLabel = "N", description = "Pages a second, 1 to 2000 (default: 200).")
    private int rate = 200;

    public ProxyCommand(Terminal terminal) {
        super(terminal);
    }

    @Override
    public Integer call() throws Exception {
        PageTimes.Plan plan = new PageTimes.Plan(
                Duration.ofSeconds(within("--seconds", seconds, 1, 120)),
                within("--rounds", rounds, 1, 30),
                within("--rate", rate, 1, 2_000));
        if (!PublisherProxy.isInstalled()) {
            throw CommandException.failed(
                    "nginx with Lua is missing: apt-get install nginx libnginx-mod-http-lua lua-cjson");
        }
        long seed = seed();
        ProgressPrinter progress = progress(seed);
        PageTimes times = new PageTimes(plan);
        return measure(seed, progress, times::report, stage -> {
            progress.step("starting Redis, Postgres, ingest-api, a worker and the ledger …");
            try (MillraceStack stack = MillraceStack.start(stage, "proxy", SETUP)) {
                Map<String, String> key = Map.of(
                        "MILLRACE_KID",
                        stack.key().kid().toString(),
                        "MILLRACE_SECRET",
                        stack.key().secret());
                List<String> servers = new ArrayList<>(stack.descriptions());
                servers.add(PublisherProxy.version());
                progress.step("measuring pages …");
                times.run(stage.root(), stage.home().resolve("nginx"), stack.ingestPort(), key, servers);
            }
        });
    }
}
