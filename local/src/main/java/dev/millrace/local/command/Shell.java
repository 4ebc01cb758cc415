package dev.millrace.local.command;

import dev.millrace.local.process.CommandException;
import java.io.PrintWriter;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** Finds the command that is asked for, runs it, and turns what goes wrong into a line and an exit code. */
public final class Shell {
    private static final int WRONG_CALL = 2;

    private final Terminal terminal;
    private final CommandLine commands;

    @CommandLine.Command(
            name = "millrace",
            description = "Turns readers' clicks into creators' money: exactly once, to the last micro.",
            synopsisSubcommandLabel = "COMMAND",
            subcommands = CommandLine.HelpCommand.class)
    private static final class Root {}

    public Shell(Terminal terminal) {
        this.terminal = terminal;
        this.commands = new CommandLine(new Root());
    }

    /** Adds a command; its name comes from its annotation. */
    public Shell with(Object command) {
        CommandLine line = new CommandLine(command);
        line.registerConverter(Duration.class, Shell::duration);
        line.registerConverter(URI.class, Shell::address);
        if (line.getCommandSpec().unmatchedArgsBindings().isEmpty()) { // another program's options include its help
            line.getCommandSpec()
                    .addOption(OptionSpec.builder("-h", "--help")
                            .usageHelp(true)
                            .description("Show this help.")
                            .build());
        }
        commands.addSubcommand(line);
        return this;
    }

    /** Reads {@code 90s}, {@code 15m}, {@code 1h} and {@code 2d}. */
    static Duration duration(String text) {
        String number = text.toUpperCase(Locale.ROOT);
        if (!number.matches("[0-9]{1,6}[SMHD]")) {
            throw new CommandLine.TypeConversionException(
                    "'" + text + "' is not a duration such as 90s, 15m, 1h or 2d");
        }
        return Duration.parse(number.endsWith("D") ? "P" + number : "PT" + number);
    }

    /** Reads the address of a server: {@code http} or {@code https}, with a host. */
    static URI address(String text) {
        try {
            URI address = new URI(text);
            if (List.of("http", "https").contains(String.valueOf(address.getScheme())) && address.getHost() != null) {
                return address;
            }
        } catch (URISyntaxException e) {
            // refused below
        }
        throw new CommandLine.TypeConversionException(
                "'" + text + "' is not an address such as https://events.example.com");
    }

    /** The exit code of the command. */
    public int run(String... arguments) {
        for (String argument : arguments) {
            if (argument.indexOf('\ufffd') >= 0) {
                terminal.err()
                        .printf(
                                "the argument '%s' is not UTF-8; set LC_ALL to a locale of UTF-8, such as C.UTF-8%n",
                                argument);
                return WRONG_CALL;
            }
        }
        return commands.setOut(new PrintWriter(terminal.out(), true, StandardCharsets.UTF_8))
                .setErr(new PrintWriter(terminal.err(), true, StandardCharsets.UTF_8))
                .setUsageHelpWidth(100)
                .setExecutionExceptionHandler((failure, line, parsed) -> {
                    if (!(failure instanceof CommandException known)) {
                        throw failure; // It is printed with its stack trace; the exit code is 1.
                    }
                    terminal.err().println(known.getMessage());
                    return known.exitCode();
                })
                .execute(arguments.length == 0 ? new String[] {"help"} : arguments);
    }
}
