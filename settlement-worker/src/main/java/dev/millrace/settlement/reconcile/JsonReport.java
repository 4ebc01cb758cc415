package dev.millrace.settlement.reconcile;

import dev.millrace.settlement.watch.Money;
import java.io.PrintStream;
import java.util.List;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/** For programs: one object, written as it is found. */
final class JsonReport implements Report {
    private final PrintStream out;
    private final JsonGenerator json;
    private boolean listsQuarantine;

    JsonReport(PrintStream out) {
        this.out = out;
        this.json = new JsonFactory().createGenerator(ObjectWriteContext.empty(), out);
        json.writeStartObject();
    }

    @Override
    public void counters(Money.Reading money, List<String> notes) {
        json.writeObjectPropertyStart("money");
        json.writeNumberProperty("counted", money.counted().value());
        json.writeNumberProperty("settled", money.settled().value());
        json.writeNumberProperty("pending", money.pending().value());
        json.writeNumberProperty("drift", money.drift().value());
        json.writeNumberProperty("partitions", money.parts().size());
        json.writeEndObject();
        texts("notes", notes);
        json.writeArrayPropertyStart("differences");
    }

    @Override
    public void difference(Difference difference) {
        json.writeStartObject();
        json.writeStringProperty("kind", difference.kind());
        json.writeStringProperty("subject", difference.subject());
        json.writeStringProperty("what", difference.what());
        difference.values().forEach(this::value);
        json.writeEndObject();
    }

    private void value(String name, Object value) {
        switch (value) {
            case Amount amount -> json.writeNumberProperty(name, amount.micros());
            case Long number -> json.writeNumberProperty(name, number);
            case Integer number -> json.writeNumberProperty(name, number);
            default -> json.writeStringProperty(name, value.toString());
        }
    }

    @Override
    public void quarantined(Quarantined quarantined) {
        beginQuarantine();
        json.writeStartObject();
        json.writeStringProperty("name", quarantined.name().earn());
        json.writeNumberProperty("partition", quarantined.name().partition().number());
        json.writeNumberProperty("lineage", quarantined.name().lineage());
        json.writeNumberProperty("epoch", quarantined.name().epoch());
        quarantined.settledThen().ifPresent(epoch -> json.writeNumberProperty("settledThen", epoch));
        quarantined.at().ifPresent(at -> json.writeStringProperty("setAsideAt", at.toString()));
        json.writeNumberProperty("micros", quarantined.micros());
        json.writeNumberProperty("events", quarantined.events());
        json.writeNumberProperty("creators", quarantined.creators());
        texts("first", quarantined.first());
        json.writeBooleanProperty("adoptable", quarantined.whyNotAdopted().isEmpty());
        quarantined.whyNotAdopted().ifPresent(why -> json.writeStringProperty("whyNotAdopted", why));
        quarantined.decision().ifPresent(this::decision);
        json.writeEndObject();
    }

    private void beginQuarantine() {
        if (!listsQuarantine) {
            json.writeEndArray();
            json.writeArrayPropertyStart("quarantine");
            listsQuarantine = true;
        }
    }

    private void decision(Decision decision) {
        json.writeStringProperty("decision", decision.what());
        if (decision.journalId() != null) {
            json.writeNumberProperty("journal", decision.journalId());
        }
        json.writeStringProperty("reason", decision.reason());
        json.writeStringProperty("decidedAt", decision.at().toString());
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
    public void outcome(Request.Decide wanted, Decisions.Outcome outcome) {
        json.writeStringProperty("name", wanted.name().earn());
        switch (outcome) {
            case Decisions.Outcome.Booked(Decision decision) -> {
                decision(decision);
                json.writeNumberProperty("micros", decision.micros());
                json.writeNumberProperty("events", decision.events());
            }
            case Decisions.Outcome.Refused(String why) -> json.writeStringProperty("refused", why);
        }
        close();
    }

    private void close() {
        json.writeEndObject();
        json.flush();
        out.println();
    }

    private void texts(String name, List<String> texts) {
        json.writeArrayPropertyStart(name);
        texts.forEach(json::writeString);
        json.writeEndArray();
    }
}
