package dev.millrace.settlement.reconcile;

import dev.millrace.common.money.Micros;
import dev.millrace.counters.Partition;
import dev.millrace.settlement.watch.Money;
import java.io.PrintStream;
import java.util.List;

/** For people: a line each. */
final class TextReport implements Report {
    private final PrintStream out;

    TextReport(PrintStream out) {
        this.out = out;
    }

    @Override
    public void counters(Money.Reading money, List<String> notes) {
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
    public void quarantined(Quarantined quarantined) {
        out.printf(
                "set aside %s  micros=%d  events=%d  creators=%d%s%n",
                quarantined.name().earn(),
                quarantined.micros(),
                quarantined.events(),
                quarantined.creators(),
                quarantined.first().isEmpty()
                        ? ""
                        : " (" + String.join(", ", quarantined.first())
                                + (quarantined.creators() > quarantined.first().size() ? ", …)" : ")"));
        quarantined.at().ifPresent(at -> out.printf("  on %s%s%n", at, settledThen(quarantined)));
        out.println("  " + quarantined.advice());
    }

    private static String settledThen(Quarantined quarantined) {
        return quarantined.settledThen().isPresent()
                ? ", of a time whose last settled epoch is %d"
                        .formatted(quarantined.settledThen().getAsLong())
                : "";
    }

    @Override
    public void end(Verdict verdict) {
        out.printf(
                "%,d journals hashed again; %d differences; %d epochs set aside and undecided%n",
                verdict.journals(), verdict.differences(), verdict.undecided());
    }

    @Override
    public void outcome(Request.Decide wanted, Decisions.Outcome outcome) {
        switch (outcome) {
            case Decisions.Outcome.Booked(Decision decision) ->
                out.printf(
                        "%s %s%s: %d micros, %d events%n",
                        decision.what(),
                        decision.name(),
                        decision.journalId() == null ? "" : " as journal " + decision.journalId(),
                        decision.micros(),
                        decision.events());
            case Decisions.Outcome.Refused(String why) ->
                out.printf("%s: %s%n", wanted.name().earn(), why);
        }
    }
}
