package dev.millrace.settlement.reconcile;

import dev.millrace.books.Proof;
import dev.millrace.books.QuarantineDecision;
import dev.millrace.common.catalog.Rate;
import dev.millrace.common.token.EngagementName;
import dev.millrace.counters.Ctl;
import dev.millrace.counters.EpochContents;
import dev.millrace.counters.EpochControl;
import dev.millrace.counters.EpochReader;
import dev.millrace.counters.Keyspace;
import dev.millrace.counters.Link;
import dev.millrace.counters.MalformedCountersException;
import dev.millrace.counters.Partition;
import dev.millrace.counters.RedisConnections;
import dev.millrace.counters.RedisRefusedException;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import picocli.CommandLine.TypeConversionException;

/**
 * An epoch that an opening of its partition put into quarantine, as Redis holds it.
 *
 * <p>{@code #origin} names the lineage that it was counted in, {@code #settled} the last epoch settled then. If its number is at most
 * {@code #settled}, it is an old copy and has been paid. Otherwise nobody has been paid for it, unless another copy was adopted.
 *
 * @param fields of the earnings, unchecked
 * @param contents as far as all of it can be read; null where it can't
 * @param unreadable why it can't; empty where it can
 */
record QuarantinedEpoch(
        Name name, Map<String, String> fields, @Nullable EpochContents contents, String unreadable) {

    /**
     * Names the keys of a quarantined epoch; people use the earnings' name for all of them.
     *
     * @param lineage the lineage of the opening that put it there
     * @param epoch the number it had
     */
    record Name(Partition partition, long lineage, long epoch) {
        /** Of all of them, for SCAN. */
        private static final String ALL = "{p*}:quarantine:*";

        private static final Pattern FORM = Pattern.compile(
                "\\{p([0-9]{2})[a-z]{0,4}}:quarantine:([0-9]{1,18}):(?:earn|engage|folded):([0-9]{1,18})");

        /** Of any of the keys. */
        static Optional<Name> ofKey(String key) {
            Matcher matcher = FORM.matcher(key);
            if (!matcher.matches() || Integer.parseInt(matcher.group(1)) >= Partition.COUNT) {
                return Optional.empty();
            }
            Name name = new Name(
                    Partition.of(Integer.parseInt(matcher.group(1))),
                    Long.parseLong(matcher.group(2)),
                    Long.parseLong(matcher.group(3)));
            return Optional.of(name).filter(n -> n.keys().contains(key));
        }

        /**
         * Of the earnings.
         *
         * @throws TypeConversionException when it is none, as the command line's parser expects
         */
        static Name parse(String text) {
            return ofKey(text)
                    .filter(name -> name.earn().equals(text))
                    .orElseThrow(() -> new TypeConversionException(
                            "'%s' is no name of a quarantined epoch: {pNN…}:quarantine:<lineage>:earn:<epoch>"
                                    .formatted(text)));
        }

        String earn() {
            return partition.quarantine(lineage, "earn", epoch);
        }

        String engage() {
            return partition.quarantine(lineage, "engage", epoch);
        }

        String folded() {
            return partition.quarantine(lineage, "folded", epoch);
        }

        List<String> keys() {
            return List.of(earn(), engage(), folded());
        }
    }

    /** The publisher that discarded money is noted under where the records do not tell. */
    private static final String NOBODY = "unknown";

    /** The names of all quarantined epochs, in a fixed order. SCAN may name a key twice, and each epoch has up to three. */
    static SequencedSet<Name> names(RedisConnections redis) {
        SequencedSet<Name> names = new TreeSet<>(
                Comparator.comparingInt((Name name) -> name.partition().number())
                        .thenComparingLong(Name::lineage)
                        .thenComparingLong(Name::epoch));
        SequencedSet<Link> links = new LinkedHashSet<>();
        Partition.all().forEach(partition -> links.add(redis.required(partition)));
        for (Link link : links) {
            Keyspace.scan(link, Name.ALL, key -> Name.ofKey(key).ifPresent(names::add));
        }
        return names;
    }

    static Optional<QuarantinedEpoch> read(Name name, RedisConnections redis) {
        Link link = redis.required(name.partition());
        if (name.keys().stream().noneMatch(key -> Keyspace.exists(link, key))) {
            return Optional.empty();
        }
        Map<String, String> fields = new HashMap<>();
        try {
            EpochReader.fields(link, name.earn(), EpochContents.FIELDS, fields::put, () -> {});
            EpochContents contents = EpochContents.read(link, name.earn(), name.engage(), name.folded());
            return Optional.of(new QuarantinedEpoch(name, fields, contents, ""));
        } catch (MalformedCountersException e) {
            return Optional.of(new QuarantinedEpoch(name, fields, null, String.valueOf(e.getMessage())));
        } catch (RedisRefusedException e) { // a key of another type is there all the same
            return Optional.of(new QuarantinedEpoch(name, fields, null, "Redis refuses: " + e.getMessage()));
        }
    }

    /** Where it was counted, if it tells: partition, lineage and epoch. All copies of one epoch have the same. */
    Optional<String> origin() {
        return number(Ctl.ORIGIN)
                .map(lineage -> "%d:%d:%d".formatted(name.partition().number(), lineage, name.epoch()));
    }

    /** The last epoch that was settled of its time, if it tells. */
    Optional<Long> settledThen() {
        return number(Ctl.SETTLED);
    }

    /** When it was put into quarantine, by Redis' clock, if it tells. */
    Optional<Instant> at() {
        return number(Ctl.ASIDE).map(Instant::ofEpochSecond);
    }

    long events() {
        return number(Ctl.EPOCH_EVENTS).orElse(0L);
    }

    /** Each creator's earnings in it, as far as they can be read. */
    Map<String, Long> readable() {
        Map<String, Long> earned = new HashMap<>();
        fields.forEach((field, text) -> {
            if (EpochControl.isCreator(field) && text.matches("[1-9][0-9]{0,15}")) {
                earned.put(field, Long.parseLong(text));
            }
        });
        return earned;
    }

    /** The sum of that. */
    long micros() {
        return readable().values().stream().reduce(0L, Math::addExact);
    }

    /** The creators who earned most in it, with the amounts. */
    List<String> first(int count) {
        return readable().entrySet().stream()
                .sorted(Map.Entry.<String, Long>comparingByValue()
                        .reversed()
                        .thenComparing(Map.Entry.comparingByKey(Comparator.naturalOrder())))
                .limit(count)
                .map(entry -> entry.getKey() + " " + entry.getValue())
                .toList();
    }

    /**
     * Why it must not be paid, or empty when it can be.
     *
     * @param decisions all that were made
     */
    Optional<String> whyNotAdopted(Proof proof, Collection<QuarantineDecision> decisions) {
        Optional<QuarantineDecision> twin = origin().flatMap(origin -> decisions.stream()
                .filter(decision ->
                        origin.equals(decision.origin()) && !decision.name().equals(name.earn()))
                .findFirst());
        if (twin.isPresent()) {
            return Optional.of("another copy of the same epoch, %s, was %s: paying it would pay twice"
                    .formatted(twin.get().name(), twin.get().text()));
        }
        Optional<Long> settled = settledThen();
        if (settled.isEmpty()) {
            return Optional.of(
                    "it does not say what was settled when it was quarantined, so it may have been paid already");
        }
        if (name.epoch() <= settled.get()) {
            return Optional.of(
                    "it is an older copy of epoch %d, which was settled before this was quarantined: paying it would pay twice"
                            .formatted(name.epoch()));
        }
        if (at().isEmpty()) {
            return Optional.of("it does not say when it was quarantined");
        }
        EpochContents all = contents;
        return (all == null
                        ? Optional.of(unreadable)
                        : proof.culprit(
                                all.control().micros(),
                                all.control().events(),
                                all.earned(),
                                all.spentByPublisher(),
                                all.engaged()))
                .map(why -> "it does not add up: " + why);
    }

    /**
     * To be recorded as not paid: the money that can be read, by the publishers that the records name at the ledger's prices. Where those do
     * not tell of all of it, it is nobody's.
     */
    Map<String, Long> toBeDiscarded(JdbcClient ledger) {
        long sum = micros();
        if (sum == 0) {
            return Map.of();
        }
        EpochContents all = contents;
        Map<String, Long> byPublisher = all == null ? Map.of() : byPublisher(all, ledger);
        long told = byPublisher.values().stream().mapToLong(Long::longValue).sum();
        return told == sum ? byPublisher : Map.of(NOBODY, sum);
    }

    private static Map<String, Long> byPublisher(EpochContents all, JdbcClient ledger) {
        Map<String, Rate> rates = new HashMap<>();
        ledger.sql("SELECT version || ' ' || type AS rate, micros, cap FROM rate")
                .query((row, _) -> rates.put(row.getString("rate"), new Rate(row.getLong("micros"), row.getInt("cap"))))
                .list();
        Map<String, Long> micros = new TreeMap<>();
        try {
            for (Map.Entry<EngagementName, Long> one : all.engaged().entrySet()) {
                EngagementName engaged = one.getKey();
                Rate rate =
                        rates.get(engaged.rateVersion() + " " + engaged.type().wireName());
                long price = rate == null || !engaged.note().isPaid()
                        ? 0
                        : rate.price(one.getValue()).value();
                micros.merge(engaged.publisher(), price, Math::addExact);
            }
        } catch (ArithmeticException e) {
            return Map.of();
        }
        micros.values().removeIf(sum -> sum == 0);
        return micros.values().stream().allMatch(sum -> sum > 0) ? micros : Map.of();
    }

    private Optional<Long> number(String field) {
        return Optional.of(fields.getOrDefault(field, ""))
                .filter(text -> text.matches("[0-9]{1,18}"))
                .map(Long::parseLong);
    }
}
