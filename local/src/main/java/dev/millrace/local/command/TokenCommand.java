package dev.millrace.local.command;

import dev.millrace.local.mint.BearerMint;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code millrace token SUBJECT}. */
@CommandLine.Command(
        name = "token",
        description = {
            "Print a bearer token for the local ledger.",
            "It is signed with MILLRACE_LEDGER_JWT_SECRET, by default the local profile's; no service has to run."
        })
public final class TokenCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Parameters(paramLabel = "SUBJECT", description = "The creator whose account it opens.")
    private String subject = "";

    @Option(names = "--admin", description = "Give it the scope ledger.admin: every account, publishers, keys, rates.")
    private boolean admin;

    @Option(
            names = "--ttl",
            paramLabel = "TIME",
            defaultValue = "1h",
            description = "How long it is valid: 90s, 15m, 1h, 2d (default: ${DEFAULT-VALUE}).")
    private Duration ttl = Duration.ofHours(1);

    @Option(names = "--json", description = "Print {\"token\":…}.")
    private boolean json;

    public TokenCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        BearerMint mint = new BearerMint(terminal.settings().bearerSecret());
        String token = admin
                ? mint.forAdmin(subject, terminal.clock().instant(), ttl)
                : mint.forSubject(subject, terminal.clock().instant(), ttl);
        terminal.out().println(json ? "{\"token\":\"" + token + "\"}" : token);
        return 0;
    }
}
