package dev.millrace.counters;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.common.token.EngagementName;
import dev.millrace.common.token.EventType;
import dev.millrace.common.token.Retention;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** A caller of {@code tally.lua}: it keeps a position of each log, and moves it on as replies tell. */
final class TestNode {
    static final String KEY = "fingerprint";
    static final Duration LEAP = Duration.ofHours(1);

    private final TestPartition of;
    private final TallyScript script;
    private final Map<Retention, LogPosition> positions = new EnumMap<>(Retention.class);
    private long epoch = 1;
    private long lineage = 1;

    TestNode(TestPartition of) {
        this(of, new TallyScript(KEY, LEAP, 0, Duration.ZERO));
    }

    TestNode(TestPartition of, TallyScript script) {
        this.of = of;
        this.script = script;
    }

    /**
     * An event of article {@code a}, whose token is good for two hours from a second on.
     *
     * @param earliest first second at which it may count
     */
    record Event(
            long identity, String creator, EventType type, long units, long micros, long iat, long exp, long earliest) {
        static Event of(long identity, String creator, long micros, long iat) {
            return new Event(identity, creator, EventType.VIEW, 1, micros, iat, iat + 7_200, iat - 60);
        }

        Event expiresAt(long second) {
            return new Event(identity, creator, type, units, micros, iat, second, earliest);
        }

        Event countsFrom(long second) {
            return new Event(identity, creator, type, units, micros, iat, exp, second);
        }

        EngagementName name() {
            return new EngagementName("pub-1", creator, "a", type, 1);
        }
    }

    TestNode at(Retention retention, LogPosition position) {
        positions.put(retention, position);
        return this;
    }

    TestNode in(long newLineage, long newEpoch) {
        lineage = newLineage;
        epoch = newEpoch;
        positions.clear();
        return this;
    }

    LogPosition position(Retention retention) {
        return positions.getOrDefault(retention, new LogPosition(lineage, LogPosition.BEGINNING, 0));
    }

    TallySection section(Event... events) {
        return section(events.length == 0 ? Retention.SHORT : events[0].type().retention(), List.of(events));
    }

    TallySection section(Retention retention, List<Event> events) {
        TallySection section = new TallySection(of.partition(), retention, events.size());
        for (Event event : events) {
            section.add(
                    event.identity(),
                    event.name(),
                    event.units(),
                    event.micros(),
                    event.iat(),
                    event.exp(),
                    event.earliest());
        }
        return section;
    }

    /** Sends one section and takes what the reply tells. */
    TallyReply send(Event... events) {
        return send(List.of(section(events))).sections().getFirst();
    }

    TallyReply sendAll(List<Event> events) {
        return send(List.of(section(Retention.SHORT, events))).sections().getFirst();
    }

    /** Sends several sections in one call. */
    TallyScript.Reply send(List<TallySection> sections) {
        TallyScript.Reply reply = lost(sections);
        for (int i = 0; i < sections.size(); i++) {
            Retention retention = sections.get(i).retention();
            switch (reply.sections().get(i)) {
                case TallyReply.Counted counted -> positions.put(retention, counted.position());
                case TallyReply.Behind behind -> positions.put(retention, behind(position(retention), behind));
                default -> {}
            }
        }
        return reply;
    }

    /** Sends them, and takes nothing of the reply: the answer was lost on its way. */
    TallyScript.Reply lost(List<TallySection> sections) {
        List<TallyScript.Part> parts = new ArrayList<>();
        sections.forEach(s -> parts.add(new TallyScript.Part(s, position(s.retention()), epoch)));
        return of.link().await(script.count(of.link(), parts));
    }

    private static LogPosition behind(LogPosition from, TallyReply.Behind reply) {
        long identities = reply.tail().stream().mapToLong(LogEntry::size).sum();
        return new LogPosition(from.lineage(), reply.tail().getLast().id(), from.logged() + identities);
    }

    /** Sends events all of which are expected to be judged, and returns their verdicts, a letter each. */
    String verdicts(Event... events) {
        TallyReply reply = send(events);
        assertThat(reply).isInstanceOf(TallyReply.Counted.class);
        StringBuilder letters = new StringBuilder();
        for (int i = 0; i < events.length; i++) {
            letters.append(((TallyReply.Counted) reply).verdict(i));
        }
        return letters.toString();
    }
}
