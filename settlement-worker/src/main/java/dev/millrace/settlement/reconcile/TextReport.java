package dev.millrace.settlement.reconcile;

import dev.millrace.books.QuarantineDecision;
import dev.millrace.common.money.Micros;
import dev.millrace.counters.Partition;
import dev.millrace.settlement.watch.CounterBalanceCheck;
import java.io.PrintStream;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** For people: a line each. */
final class TextReport implements Report {
    private final PrintStream out;

    TextReport(PrintStream out) {
        this.out = out;
    }

    @Override
    public void counters(CounterBalanceCheck.Reading money, List<String> notes) {
        line("counted", money.counted());
        line("settled", money.settled());
        line("pending", money.pending());
        line("drift", money.drift());
        if (money.parts().size() < Partition.COUNT) {
            out.printf("of %d of %d partitions%n", money.parts().size(), Partition.COUNT);
        }
        notes.forEach(note -> out.println("not looked at: " + note));
    }

    private void line(String name, Micros micros) {
        out.printf("%-8s %,22d micros %22s%n", name, micros.value(), micros.amount());
    }

    @Override
    public void difference(Difference difference) {
        out.println(difference.text());
    }

    @Override
    public void quarantined(
            QuarantinedEpoch epoch, Optional<String> whyNotAdopted, Optional<QuarantineDecision> decision) {
        List<String> first = epoch.first(NAMED);
        int creators = epoch.readable().size();
        out.printf(
                "quarantined %s  micros=%d  events=%d  creators=%d%s%n",
                epoch.name().earn(),
                epoch.micros(),
                epoch.events(),
                creators,
                first.isEmpty() ? "" : " (" + String.join(", ", first) + (creators > first.size() ? ", …)" : ")"));
        OptionalLong settled = epoch.settledThen();
        epoch.at()
                .ifPresent(at -> out.printf(
                        "  on %s%s%n",
                        at,
                        settled.isPresent()
                                ? ", of a time whose last settled epoch is %d".formatted(settled.getAsLong())
                                : ""));
        out.println("  "
                + decision.map(QuarantineDecision::text)
                        .or(() -> whyNotAdopted.map(why -> "undecided; can't be adopted: " + why + ". Discard it"))
                        .orElse("undecided; never settled and never paid: adopt it, or discard it"));
    }

    @Override
    public void end(Verdict verdict) {
        out.printf(
                "%,d journals hashed again; %d differences; %d quarantined epochs undecided%n",
                verdict.journals(), verdict.differences(), verdict.undecided());
    }

    @Override
    public void outcome(Decisions.Outcome outcome) {
        switch (outcome) {
            case Decisions.Outcome.Booked(QuarantineDecision decision) ->
                out.printf(
                        "%s %s%s: %d micros, %d events%n",
                        decision.what(),
                        decision.name(),
                        decision.journalId() == null ? "" : " as journal " + decision.journalId(),
                        decision.micros(),
                        decision.events());
            case Decisions.Outcome.Refused(QuarantineName name, String why) -> out.printf("%s: %s%n", name.earn(), why);
        }
    }
}
