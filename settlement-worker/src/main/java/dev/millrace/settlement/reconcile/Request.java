package dev.millrace.settlement.reconcile;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the command line asks for.
 *
 * @param decision what to decide; null: compare only
 * @param json whether the answer is to be JSON
 * @param help whether to explain the command and do nothing
 */
record Request(@Nullable Decide decision, boolean json, boolean help) {
    static final String USAGE = """
            Compare the counters in Redis with the ledger in Postgres, and the ledger with itself.

            usage: reconcile [--json]
                   reconcile --adopt NAME --reason TEXT [--json]
                   reconcile --discard NAME --reason TEXT [--json]

              --adopt NAME     pay an epoch that was set aside, as a journal of its own; refused where that could pay twice
              --discard NAME   record that an epoch that was set aside will not be paid
              --reason TEXT    why, for the journal: 1 to 500 characters
              --json           print one JSON object

            Exit code 0: nothing differs and nothing set aside is undecided, or the decision is booked; 1: something
            differs or is undecided, or the decision is refused; 2: wrong usage, or a store can't be reached.
            """;

    private static final int LONGEST_REASON = 500;

    /** Which way. */
    enum Verdict {
        ADOPT,
        DISCARD
    }

    /** A decision about one epoch. */
    record Decide(Verdict verdict, QuarantineName name, String reason) {}

    /** The command line can't be understood; the message says why. */
    static final class WrongUsageException extends Exception {
        private static final long serialVersionUID = 1L;

        WrongUsageException(String why) {
            super(why);
        }
    }

    static Request parse(List<String> arguments) throws WrongUsageException {
        Deque<String> rest = new ArrayDeque<>(arguments);
        Verdict verdict = null;
        String name = "";
        String reason = null;
        boolean json = false;
        boolean help = false;
        while (!rest.isEmpty()) {
            String option = rest.pop();
            switch (option) {
                case "--json" -> json = true;
                case "--help", "-h" -> help = true;
                case "--reason" -> reason = value(option, rest);
                case "--adopt", "--discard" -> {
                    if (verdict != null) {
                        throw new WrongUsageException("one decision at a time");
                    }
                    verdict = option.equals("--adopt") ? Verdict.ADOPT : Verdict.DISCARD;
                    name = value(option, rest);
                }
                default -> throw new WrongUsageException("there is no option '%s'".formatted(option));
            }
        }
        return new Request(decide(verdict, name, reason), json, help);
    }

    private static @Nullable Decide decide(@Nullable Verdict verdict, String name, @Nullable String reason)
            throws WrongUsageException {
        if (verdict == null) {
            if (reason != null) {
                throw new WrongUsageException("--reason belongs to --adopt or --discard");
            }
            return null;
        }
        if (reason == null
                || reason.isBlank()
                || reason.codePointCount(0, reason.length()) > LONGEST_REASON
                || reason.chars().anyMatch(Character::isISOControl)) {
            throw new WrongUsageException(
                    "a decision takes a --reason of 1 to 500 characters without control characters");
        }
        QuarantineName parsed = QuarantineName.parse(name)
                .orElseThrow(() -> new WrongUsageException(
                        "'%s' is no name of an epoch that was set aside: {pNN…}:quarantine:<lineage>:earn:<epoch>"
                                .formatted(name)));
        return new Decide(verdict, parsed, reason);
    }

    private static String value(String option, Deque<String> rest) throws WrongUsageException {
        if (rest.isEmpty()) {
            throw new WrongUsageException(option + " takes a value");
        }
        return rest.pop();
    }
}
