package dev.millrace.settlement.reconcile;

import dev.millrace.books.QuarantineDecision;
import dev.millrace.settlement.watch.CounterBalanceCheck;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.json.JsonMapper;

/** For programs: one object, written as it is found. */
final class JsonReport implements Report {
    private final PrintStream out;
    private final JsonGenerator json;
    private boolean listsQuarantine;

    JsonReport(PrintStream out) {
        this.out = out;
        this.json = JsonMapper.shared().createGenerator(out);
        json.writeStartObject();
    }

    @Override
    public void counters(CounterBalanceCheck.Reading money, List<String> notes) {
        Map<String, Object> sums = new LinkedHashMap<>();
        sums.put("counted", money.counted().value());
        sums.put("settled", money.settled().value());
        sums.put("pending", money.pending().value());
        sums.put("drift", money.drift().value());
        sums.put("partitions", money.parts().size());
        json.writePOJOProperty("money", sums);
        json.writePOJOProperty("notes", notes);
        json.writeArrayPropertyStart("differences");
    }

    @Override
    public void difference(Difference difference) {
        Map<String, Object> found = new LinkedHashMap<>();
        found.put("kind", difference.kind());
        found.put("subject", difference.subject());
        found.put("what", difference.what());
        found.putAll(difference.values());
        json.writePOJO(found);
    }

    @Override
    public void quarantined(
            QuarantinedEpoch epoch, Optional<String> whyNotAdopted, Optional<QuarantineDecision> decision) {
        beginQuarantine();
        Map<String, Object> found = new LinkedHashMap<>();
        found.put("name", epoch.name().earn());
        found.put("partition", epoch.name().partition().number());
        found.put("lineage", epoch.name().lineage());
        found.put("epoch", epoch.name().epoch());
        epoch.settledThen().ifPresent(settled -> found.put("settledThen", settled));
        epoch.at().ifPresent(at -> found.put("quarantinedAt", at.toString()));
        found.put("micros", epoch.micros());
        found.put("events", epoch.events());
        found.put("creators", epoch.readable().size());
        found.put("first", epoch.first(NAMED));
        found.put("adoptable", whyNotAdopted.isEmpty());
        whyNotAdopted.ifPresent(why -> found.put("whyNotAdopted", why));
        decision.ifPresent(made -> found.putAll(decision(made)));
        json.writePOJO(found);
    }

    private void beginQuarantine() {
        if (!listsQuarantine) {
            json.writeEndArray();
            json.writeArrayPropertyStart("quarantine");
            listsQuarantine = true;
        }
    }

    private static Map<String, Object> decision(QuarantineDecision decision) {
        Map<String, Object> made = new LinkedHashMap<>();
        made.put("decision", decision.what());
        if (decision.journalId() != null) {
            made.put("journal", decision.journalId());
        }
        made.put("reason", decision.reason());
        made.put("decidedAt", decision.at().toString());
        return made;
    }

    @Override
    public void end(Verdict verdict) {
        beginQuarantine();
        json.writeEndArray();
        json.writeNumberProperty("journals", verdict.journals());
        json.writeNumberProperty("differing", verdict.differences());
        json.writeNumberProperty("undecided", verdict.undecided());
        close();
    }

    @Override
    public void outcome(Decisions.Outcome outcome) {
        switch (outcome) {
            case Decisions.Outcome.Booked(QuarantineDecision decision) -> {
                json.writeStringProperty("name", decision.name());
                decision(decision).forEach(json::writePOJOProperty);
                json.writeNumberProperty("micros", decision.micros());
                json.writeNumberProperty("events", decision.events());
            }
            case Decisions.Outcome.Refused(QuarantineName name, String why) -> {
                json.writeStringProperty("name", name.earn());
                json.writeStringProperty("refused", why);
            }
        }
        close();
    }

    private void close() {
        json.writeEndObject();
        json.flush();
        out.println();
    }
}
