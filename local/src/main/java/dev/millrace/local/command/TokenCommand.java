package dev.millrace.local.command;

import dev.millrace.local.mint.BearerMint;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code millrace token SUBJECT}. */
@CommandLine.Command(
        name = "token",
        description = {
            "Print a bearer token for the local ledger.",
            "It is signed with MILLRACE_LEDGER_JWT_SECRET, by default that of the stack of MILLRACE_HOME; no service has to run."
        })
public final class TokenCommand implements Callable<Integer> {
    private static final String OF_PUBLISHER = "publisher:";

    /** The ledger takes none that is valid for longer. */
    private static final Duration MOST_TTL = Duration.ofHours(24);

    private final Terminal terminal;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(
            paramLabel = "SUBJECT",
            arity = "0..1",
            description = "The creator whose account it opens; with a scope the name of its holder.")
    private String subject = "";

    @Option(
            names = "--admin",
            description = "The scope ledger.admin: every account, publishers, keys, rates, corrections, payouts.")
    private boolean admin;

    @Option(
            names = "--publisher",
            paramLabel = "ID",
            description =
                    "The scope publisher:ID: what this publisher spends, and its corrections. SUBJECT may be left out.")
    private String publisher = "";

    @Option(
            names = "--scope",
            paramLabel = "SCOPE",
            description =
                    "Another scope, also several times: ledger.keys, ledger.rates, ledger.money, ledger.read, publisher-keys:ID.")
    private List<String> scopes = List.of();

    @Option(
            names = "--ttl",
            paramLabel = "TIME",
            defaultValue = "1h",
            description = "How long it is valid, a day at most: 90s, 15m, 1h, 1d (default: ${DEFAULT-VALUE}).")
    private Duration ttl = Duration.ofHours(1);

    @Option(names = "--json", description = "Print {\"token\":…}.")
    private boolean json;

    public TokenCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        check();
        BearerMint mint = new BearerMint(terminal.settings().bearerSecret());
        String scope = String.join(" ", allScopes());
        String holder = subject.isEmpty() ? OF_PUBLISHER + publisher : subject;
        String token = scope.isEmpty()
                ? mint.forSubject(holder, terminal.clock().instant(), ttl)
                : mint.forScope(holder, scope, terminal.clock().instant(), ttl);
        terminal.out().println(json ? "{\"token\":\"" + token + "\"}" : token);
        return 0;
    }

    private void check() {
        if (subject.isEmpty() && publisher.isEmpty()) {
            throw new CommandLine.ParameterException(
                    spec.commandLine(), "it takes a SUBJECT, or a publisher: --publisher ID");
        }
        if (!publisher.isEmpty()) {
            KeyCommand.checkPublisher(spec, publisher);
        }
        if (ttl.compareTo(MOST_TTL) > 0) {
            throw new CommandLine.ParameterException(
                    spec.commandLine(), "--ttl is longer than a day; the ledger takes no such token");
        }
    }

    private List<String> allScopes() {
        List<String> all = new ArrayList<>(scopes);
        if (admin) {
            all.addFirst("ledger.admin");
        }
        if (!publisher.isEmpty()) {
            all.addFirst(OF_PUBLISHER + publisher);
        }
        return all;
    }
}
