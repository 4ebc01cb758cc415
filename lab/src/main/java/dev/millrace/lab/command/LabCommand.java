package dev.millrace.lab.command;

import com.google.common.base.Throwables;
import dev.millrace.lab.stack.RunHome;
import dev.millrace.local.command.Terminal;
import dev.millrace.local.process.CommandException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What all commands of lab have in common. A complaint about an option names the value and its remedy. */
public abstract class LabCommand implements Callable<Integer> {
    private static final int SEEDS = 1_000_000;

    protected final Terminal terminal;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(
            names = "--seed",
            paramLabel = "S",
            description = "A whole number that everything random is drawn from (default: a new one, printed).")
    private @Nullable String seed;

    @Option(names = "--keep", description = "Keep data and logs also when nothing went wrong.")
    private boolean keep;

    protected LabCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    /** The seed of the option, or else a new one. */
    protected final long seed() {
        if (seed == null) {
            return ThreadLocalRandom.current().nextInt(SEEDS);
        }
        try {
            return Long.parseLong(seed);
        } catch (NumberFormatException e) {
            throw wrong("--seed is '%s'; it takes a whole number, such as 42".formatted(seed));
        }
    }

    /**
     * Runs in a folder of its own; returns the exit code.
     *
     * @param interrupted what to say after Ctrl-C, asked before anything is stopped
     */
    protected final int run(long seed, Supplier<RunHome.Ending> interrupted, RunHome.Run run) throws Exception {
        return RunHome.run(terminal, spec.name(), seed, keep, interrupted, run);
    }

    /** Prints to where progress belongs. */
    protected final ProgressPrinter progress(long seed) {
        ProgressPrinter progress = new ProgressPrinter(terminal.err(), terminal.columns());
        progress.step("%s: seed %d".formatted(spec.name(), seed));
        return progress;
    }

    /** The value, which has to be within both bounds. */
    protected final int within(String option, int value, int least, int most) {
        if (value < least || value > most) {
            throw wrong("%s is %d; it takes %d to %d".formatted(option, value, least, most));
        }
        return value;
    }

    /** The names, each of which has to be a known one. */
    protected final Set<String> known(String option, List<String> given, List<String> known) {
        for (String name : given) {
            if (!known.contains(name)) {
                throw wrong("%s has '%s'; there are %s".formatted(option, name, String.join(", ", known)));
            }
        }
        return Set.copyOf(given);
    }

    /** The constants of these names, which {@link Object#toString} gives them; all of them where none is given. */
    protected final <E extends Enum<E>> Set<E> known(String option, List<String> given, Class<E> type) {
        List<E> all = List.of(type.getEnumConstants());
        Set<String> names =
                known(option, given, all.stream().map(Enum::toString).toList());
        return all.stream()
                .filter(one -> names.isEmpty() || names.contains(one.toString()))
                .collect(Collectors.toUnmodifiableSet());
    }

    /** What people are shown of a failure: the message where it is meant for them, otherwise everything. */
    public static String explained(Throwable failure) {
        return failure instanceof CommandException
                ? String.valueOf(failure.getMessage())
                : Throwables.getStackTraceAsString(failure);
    }

    /** To be thrown. */
    protected final CommandLine.ParameterException wrong(String message) {
        return new CommandLine.ParameterException(spec.commandLine(), message);
    }
}
