package dev.millrace.local.command;

import dev.millrace.common.token.Kid;
import dev.millrace.local.publisher.Publishers;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.JsonNodeFactory;

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

    @Option(names = "--json", description = "Print {\"kid\":…,\"secret\":…}.")
    private boolean json;

    public KeyCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        PublisherId.check(spec, publisher);
        Publishers.SigningKey key = new Publishers(terminal.settings(), terminal.clock()).key(publisher);
        if (json) {
            terminal.out()
                    .println(JsonNodeFactory.instance
                            .objectNode()
                            .put("kid", key.kid().toString())
                            .put("secret", key.secret()));
        } else {
            terminal.out().println("kid     " + key.kid());
            terminal.out().println("secret  " + key.secret());
        }
        return 0;
    }

    /** The one check of a publisher id given on the command line. */
    static final class PublisherId {
        private PublisherId() {}

        static void check(CommandSpec spec, String publisher) {
            if (!Kid.PUBLISHER.matcher(publisher).matches()) {
                throw new CommandLine.ParameterException(
                        spec.commandLine(),
                        "publisher id '%s' is not of the form [a-z0-9-]{1,32}".formatted(publisher));
            }
        }
    }
}
