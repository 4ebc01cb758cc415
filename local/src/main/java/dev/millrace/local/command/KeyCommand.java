package dev.millrace.local.command;

import dev.millrace.common.token.Kid;
import dev.millrace.local.publisher.Publishers;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code millrace key PUBLISHER}. */
@CommandLine.Command(
        name = "key",
        description = {
            "Print kid and secret of a publisher's newest live key.",
            "The publisher and its first key are created where missing, in the running local ledger."
        })
public final class KeyCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(paramLabel = "PUBLISHER", description = "Publisher id: a-z, 0-9 and -, up to 32 characters.")
    private String publisher = "";

    @Option(
            names = "--expires",
            paramLabel = "WHEN",
            description =
                    "Make a new key that ends by itself: after a time such as 90d, or on a date such as 2027-01-31 (UTC).")
    private String expires = "";

    @Option(names = "--json", description = "Print {\"kid\":…,\"secret\":…}.")
    private boolean json;

    public KeyCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        checkPublisher(spec, publisher);
        Publishers publishers = new Publishers(terminal.settings(), terminal.clock());
        Publishers.SigningKey key =
                expires.isEmpty() ? publishers.key(publisher) : publishers.keyUntil(publisher, end());
        String form = json ? "{\"kid\":\"%s\",\"secret\":\"%s\"}%n" : "kid     %s%nsecret  %s%n";
        terminal.out().printf(form, key.kid(), key.secret());
        return 0;
    }

    private Instant end() {
        Instant now = terminal.clock().instant().truncatedTo(ChronoUnit.SECONDS);
        try {
            Instant end = expires.matches("[0-9]{4}-[0-9]{2}-[0-9]{2}")
                    ? LocalDate.parse(expires).atStartOfDay(ZoneOffset.UTC).toInstant()
                    : now.plus(Shell.duration(expires));
            if (end.isAfter(now)) {
                return end;
            }
        } catch (DateTimeException | CommandLine.TypeConversionException e) {
            // refused below
        }
        throw new CommandLine.ParameterException(
                spec.commandLine(),
                "--expires '%s' is neither a time ahead such as 90d nor a later date".formatted(expires));
    }

    /** The one check of a publisher id given on the command line. */
    public static void checkPublisher(CommandSpec spec, String publisher) {
        if (!Kid.PUBLISHER.matcher(publisher).matches()) {
            throw new CommandLine.ParameterException(
                    spec.commandLine(), "publisher id '%s' is not of the form [a-z0-9-]{1,32}".formatted(publisher));
        }
    }
}
