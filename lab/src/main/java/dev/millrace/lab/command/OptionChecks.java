package dev.millrace.lab.command;

import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/**
 * Checks what was given for options; a complaint names the value and what would do.
 *
 * @param spec of the command
 */
public record OptionChecks(CommandSpec spec) {
    private static final int SEEDS = 1_000_000;

    /** A seed for who has given none. */
    public static long newSeed() {
        return ThreadLocalRandom.current().nextInt(SEEDS);
    }

    /** The seed that was given, or else a new one. */
    public long seed(@Nullable Long given) {
        if (given == null) {
            return newSeed();
        }
        if (given < 0 || given >= Integer.MAX_VALUE) {
            throw wrong("--seed is %d; it takes a whole number from 0 to %d".formatted(given, Integer.MAX_VALUE - 1));
        }
        return given;
    }

    /** The value, which has to be within both bounds. */
    public int within(String option, int value, int least, int most) {
        if (value < least || value > most) {
            throw wrong("%s is %d; it takes %d to %d".formatted(option, value, least, most));
        }
        return value;
    }

    /** The names that were given, each of which has to be a known one. */
    public Set<String> known(String option, List<String> given, List<String> known) {
        for (String name : given) {
            if (!known.contains(name)) {
                throw wrong("%s has '%s'; there are %s".formatted(option, name, String.join(", ", known)));
            }
        }
        return Set.copyOf(given);
    }

    /** The constants of those names, which {@link Object#toString} gives them; all of them where none is given. */
    public <E extends Enum<E>> Set<E> known(String option, List<String> given, Class<E> type) {
        List<E> all = List.of(type.getEnumConstants());
        Set<String> names =
                known(option, given, all.stream().map(Enum::toString).toList());
        return all.stream()
                .filter(one -> names.isEmpty() || names.contains(one.toString()))
                .collect(Collectors.toUnmodifiableSet());
    }

    /** To be thrown. */
    public CommandLine.ParameterException wrong(String message) {
        return new CommandLine.ParameterException(spec.commandLine(), message);
    }
}
