package dev.millrace.settlement.reconcile;

import dev.millrace.common.counters.ControlField;
import dev.millrace.common.counters.EarnField;
import dev.millrace.common.money.Micros;
import dev.millrace.settlement.read.BrokenPartition;
import dev.millrace.settlement.read.Counted;
import dev.millrace.settlement.read.EpochReader;
import dev.millrace.settlement.read.Rates;
import dev.millrace.settlement.read.SealedEpoch;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.springframework.dao.DataAccessException;

/**
 * An epoch that was set aside when its partition was opened again, as Redis holds it.
 *
 * <p>It says itself in which opening it was counted, and which epoch was the last settled one of that time. Its own number up to
 * that: it is an older copy of an epoch that was settled, and has been paid. Beyond it: nobody has been paid for it, unless another
 * copy of the same epoch was adopted.
 */
record SetAside(QuarantineName name, Map<String, String> earn, Map<String, String> engage) {

    static Optional<SetAside> read(QuarantineName name, EpochReader reader) {
        SetAside aside = new SetAside(name, hash(name.earn(), reader), hash(name.engage(), reader));
        return aside.earn.isEmpty() && aside.engage.isEmpty() ? Optional.empty() : Optional.of(aside);
    }

    /** A key that is no hash is there all the same, and holds nothing that can be read. */
    private static Map<String, String> hash(String key, EpochReader reader) {
        try {
            return reader.hash(key, () -> {});
        } catch (DataAccessException e) {
            String refused = Unreachable.redisError(e);
            if (refused == null) {
                throw e;
            }
            return Map.of("", refused);
        }
    }

    /** Where it was counted, where it says so: partition, opening and epoch. All copies of one epoch have the same. */
    Optional<String> origin() {
        OptionalLong opening = number(ControlField.ORIGIN);
        return opening.isPresent()
                ? Optional.of("%d:%d:%d".formatted(name.partition(), opening.getAsLong(), name.epoch()))
                : Optional.empty();
    }

    /** The last epoch that was settled of its time, where it says so. */
    OptionalLong settledThen() {
        return number(ControlField.SETTLED);
    }

    /** When it was set aside, by Redis' clock, where it says so. */
    Optional<Instant> at() {
        OptionalLong second = number(ControlField.ASIDE);
        return second.isPresent() ? Optional.of(Instant.ofEpochSecond(second.getAsLong())) : Optional.empty();
    }

    long events() {
        return number(ControlField.EVENTS).orElse(0);
    }

    /** What is earned in it, as far as it can be read. */
    Map<EarnField, Micros> readable() {
        Map<EarnField, Micros> earned = new HashMap<>();
        earn.forEach((field, text) -> {
            if (!ControlField.ALL.contains(field) && text.matches("[1-9][0-9]{0,15}")) {
                earner(field).ifPresent(earner -> earned.put(earner, Micros.parse(text)));
            }
        });
        return earned;
    }

    private static Optional<EarnField> earner(String field) {
        try {
            return Optional.of(EarnField.parse(field)).filter(SetAside::canBeNamed);
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** Whether the ledger takes such names. */
    private static boolean canBeNamed(EarnField field) {
        return field.publisher().matches("[a-z0-9-]{1,32}") && field.creator().matches("[A-Za-z0-9._:-]{1,64}");
    }

    Micros readableSum() {
        return readable().values().stream().reduce(Micros.ZERO, Micros::plus);
    }

    /** Who earned most in it, with the amounts. */
    List<String> first(int count) {
        return creators().entrySet().stream()
                .sorted(Map.Entry.<String, Micros>comparingByValue()
                        .reversed()
                        .thenComparing(Map.Entry.comparingByKey(Comparator.naturalOrder())))
                .limit(count)
                .map(entry -> entry.getKey() + " " + entry.getValue().value())
                .toList();
    }

    int countOfCreators() {
        return creators().size();
    }

    private Map<String, Micros> creators() {
        Map<String, Micros> creators = new HashMap<>();
        readable().forEach((field, micros) -> creators.merge(field.creator(), micros, Micros::plus));
        return creators;
    }

    /**
     * Why it must not be paid, or empty when it can be.
     *
     * @param decisions all that were made
     */
    Optional<String> whyNotAdopted(Rates.Known rates, Collection<Decision> decisions) {
        Optional<Decision> twin = origin().flatMap(origin -> decisions.stream()
                .filter(decision ->
                        origin.equals(decision.origin()) && !decision.name().equals(name.earn()))
                .findFirst());
        if (twin.isPresent()) {
            return Optional.of("another copy of the same epoch, %s, was %s: paying it would pay twice"
                    .formatted(twin.get().name(), twin.get().text()));
        }
        OptionalLong settled = settledThen();
        if (settled.isEmpty()) {
            return Optional.of(
                    "it does not say what was settled when it was set aside, so it may have been paid already");
        }
        if (name.epoch() <= settled.getAsLong()) {
            return Optional.of(
                    "it is an older copy of epoch %d, which was settled before this was set aside: paying it would pay twice"
                            .formatted(name.epoch()));
        }
        if (at().isEmpty()) {
            return Optional.of("it does not say when it was set aside");
        }
        try {
            Counted.check(earn, engage, rates);
            return Optional.empty();
        } catch (BrokenPartition e) {
            return Optional.of("it does not add up: " + e.why());
        }
    }

    /** To be paid, as if it had been sealed when it was set aside, unless it had been sealed before. */
    SealedEpoch toBePaid(Rates.Known rates) throws BrokenPartition {
        Counted counted = Counted.check(earn, engage, rates);
        OptionalLong sealed = number(ControlField.SEALED);
        Instant counting = sealed.isPresent() ? Instant.ofEpochMilli(sealed.getAsLong()) : at().orElseThrow();
        return new SealedEpoch(
                name.partition(),
                name.epoch(),
                counting,
                counted.micros(),
                counted.events(),
                counted.earned(),
                counted.engaged());
    }

    /** To be recorded as not paid: the money that can be read. */
    SealedEpoch toBeDiscarded() {
        return new SealedEpoch(
                name.partition(),
                name.epoch(),
                at().orElse(Instant.EPOCH),
                readableSum(),
                events(),
                readable(),
                Map.of());
    }

    private OptionalLong number(String field) {
        String text = earn.getOrDefault(field, "");
        return text.matches("[0-9]{1,18}") ? OptionalLong.of(Long.parseLong(text)) : OptionalLong.empty();
    }
}
