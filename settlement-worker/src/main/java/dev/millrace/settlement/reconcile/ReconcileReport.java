package dev.millrace.settlement.reconcile;

import com.google.common.util.concurrent.RateLimiter;
import dev.millrace.books.QuarantineDecision;
import dev.millrace.common.money.Micros;
import dev.millrace.counters.Partition;
import dev.millrace.settlement.watch.CounterBalanceCheck;
import java.io.PrintStream;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.json.JsonMapper;

/**
 * Prints each finding at once, in the order of its methods: text for people, or one JSON object for programs. It keeps none in memory.
 * Progress goes to a stream of its own.
 */
final class ReconcileReport {
    /** Creators of a quarantined epoch that a report names. */
    private static final int NAMED = 5;

    private final PrintStream out;
    private final PrintStream progress;
    private final @Nullable JsonGenerator json;

    /** A line of progress every two seconds. */
    private final RateLimiter lines = RateLimiter.create(0.5);

    private long differences;
    private long undecided;
    private boolean listsQuarantine;

    ReconcileReport(PrintStream out, PrintStream progress, boolean asJson) {
        this.out = out;
        this.progress = progress;
        this.json = asJson ? JsonMapper.shared().createGenerator(out) : null;
        if (json != null) {
            json.writeStartObject();
        }
    }

    /**
     * Something that is not as it must be.
     *
     * @param kind what it is about: counters, pointer, pending, journal, chain, cursor, epoch, decision, creator, account, publisher
     * @param subject which one
     * @param what what is wrong with it, in words
     * @param values the figures, in the order in which they are read
     */
    record Difference(String kind, String subject, String what, Map<String, Object> values) {
        Difference {
            values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
        }

        static Difference of(String kind, String subject, String what) {
            return new Difference(kind, subject, what, Map.of());
        }

        /** The same with one more figure. */
        Difference with(String name, Object value) {
            Map<String, Object> more = new LinkedHashMap<>(values);
            more.put(name, value);
            return new Difference(kind, subject, what, more);
        }
    }

    /** A step begins. */
    void step(String what) {
        progress.println(what + " …");
        var _ = lines.tryAcquire(); // so that a short step has no line of its own
    }

    /** How far a step is that takes long. */
    void at(long done, long all, String what) {
        if (lines.tryAcquire()) {
            progress.printf("  %,d of %,d %s (%d %%)%n", done, all, what, all == 0 ? 100 : 100 * done / all);
        }
    }

    /**
     * The counted, settled and pending money.
     *
     * @param partitions how many could be compared
     * @param notes parts that were not compared, with the reason
     */
    void counters(CounterBalanceCheck money, int partitions, List<String> notes) {
        Map<String, Object> sums = new LinkedHashMap<>();
        Map<String, Micros> amounts = new LinkedHashMap<>();
        amounts.put("counted", money.counted());
        amounts.put("settled", money.settled());
        amounts.put("pending", money.pending());
        amounts.put("drift", money.drift());
        if (json != null) {
            amounts.forEach((name, micros) -> sums.put(name, micros.value()));
            sums.put("partitions", partitions);
            json.writePOJOProperty("money", sums);
            json.writePOJOProperty("notes", notes);
            json.writeArrayPropertyStart("differences");
            return;
        }
        amounts.forEach(
                (name, micros) -> out.printf("%-8s %,22d micros %22s%n", name, micros.value(), micros.amount()));
        if (partitions < Partition.COUNT) {
            out.printf("of %d of %d partitions%n", partitions, Partition.COUNT);
        }
        notes.forEach(note -> out.println("not looked at: " + note));
    }

    void difference(Difference found) {
        differences++;
        if (json != null) {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("kind", found.kind());
            fields.put("subject", found.subject());
            fields.put("what", found.what());
            fields.putAll(found.values());
            json.writePOJO(fields);
            return;
        }
        StringBuilder text = new StringBuilder("%s %s: %s".formatted(found.kind(), found.subject(), found.what()));
        found.values()
                .forEach((name, value) ->
                        text.append("  ").append(name).append('=').append(value));
        out.println(text);
    }

    /**
     * A quarantined epoch.
     *
     * @param whyNotAdopted why it must not be paid; empty when it can be
     */
    void quarantined(QuarantinedEpoch epoch, Optional<String> whyNotAdopted, @Nullable QuarantineDecision decision) {
        undecided += decision == null ? 1 : 0;
        if (json != null) {
            beginQuarantine(json);
            json.writePOJO(fields(epoch, whyNotAdopted, decision));
            return;
        }
        List<String> first = epoch.first(NAMED);
        int creators = epoch.readable().size();
        out.printf(
                "quarantined %s  micros=%d  events=%d  creators=%d%s%n",
                epoch.name().earn(),
                epoch.micros(),
                epoch.events(),
                creators,
                first.isEmpty() ? "" : " (" + String.join(", ", first) + (creators > first.size() ? ", …)" : ")"));
        String ofTime = epoch.settledThen()
                .map(settled -> ", of a time whose last settled epoch is " + settled)
                .orElse("");
        epoch.at().ifPresent(at -> out.printf("  on %s%s%n", at, ofTime));
        String verdict = whyNotAdopted
                .map(why -> "undecided; can't be adopted: " + why + ". Discard it")
                .orElse("undecided; never settled and never paid: adopt it, or discard it");
        out.println("  " + (decision == null ? verdict : decision.text()));
    }

    private void beginQuarantine(JsonGenerator object) {
        if (!listsQuarantine) {
            object.writeEndArray();
            object.writeArrayPropertyStart("quarantine");
            listsQuarantine = true;
        }
    }

    private static Map<String, Object> fields(
            QuarantinedEpoch epoch, Optional<String> whyNotAdopted, @Nullable QuarantineDecision decision) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("name", epoch.name().earn());
        fields.put("partition", epoch.name().partition().number());
        fields.put("lineage", epoch.name().lineage());
        fields.put("epoch", epoch.name().epoch());
        epoch.settledThen().ifPresent(settled -> fields.put("settledThen", settled));
        epoch.at().ifPresent(at -> fields.put("quarantinedAt", at.toString()));
        fields.put("micros", epoch.micros());
        fields.put("events", epoch.events());
        fields.put("creators", epoch.readable().size());
        fields.put("first", epoch.first(NAMED));
        fields.put("adoptable", whyNotAdopted.isEmpty());
        whyNotAdopted.ifPresent(why -> fields.put("whyNotAdopted", why));
        if (decision != null) {
            fields.putAll(fields(decision));
        }
        return fields;
    }

    private static Map<String, Object> fields(QuarantineDecision decision) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("decision", decision.what());
        if (decision.journalId() != null) {
            fields.put("journal", decision.journalId());
        }
        fields.put("reason", decision.reason());
        fields.put("decidedAt", decision.at().toString());
        return fields;
    }

    /**
     * The last word of a comparison; whether nothing differs and nothing is undecided.
     *
     * @param journals journals whose hash was computed again
     */
    boolean end(long journals) {
        if (json == null) {
            out.printf(
                    "%,d journals hashed again; %d differences; %d quarantined epochs undecided%n",
                    journals, differences, undecided);
        } else {
            beginQuarantine(json);
            json.writeEndArray();
            json.writeNumberProperty("journals", journals);
            json.writeNumberProperty("differing", differences);
            json.writeNumberProperty("undecided", undecided);
            close(json);
        }
        return differences == 0 && undecided == 0;
    }

    /** The only word about a decision that is booked. */
    void booked(QuarantineDecision decision) {
        if (json == null) {
            out.printf(
                    "%s %s%s: %d micros, %d events%n",
                    decision.what(),
                    decision.name(),
                    decision.journalId() == null ? "" : " as journal " + decision.journalId(),
                    decision.micros(),
                    decision.events());
            return;
        }
        json.writeStringProperty("name", decision.name());
        fields(decision).forEach(json::writePOJOProperty);
        json.writeNumberProperty("micros", decision.micros());
        json.writeNumberProperty("events", decision.events());
        close(json);
    }

    /** The only word about a decision that is refused. */
    void refused(QuarantinedEpoch.Name name, String why) {
        if (json == null) {
            out.printf("%s: %s%n", name.earn(), why);
            return;
        }
        json.writeStringProperty("name", name.earn());
        json.writeStringProperty("refused", why);
        close(json);
    }

    private void close(JsonGenerator object) {
        object.writeEndObject();
        object.flush();
        out.println();
    }
}
