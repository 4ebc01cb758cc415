package dev.millrace.settlement.read;

import dev.millrace.common.counters.ControlField;
import dev.millrace.common.counters.EarnField;
import dev.millrace.common.counters.EngageField;
import dev.millrace.common.money.Micros;
import java.util.HashMap;
import java.util.Map;

/**
 * What the two hashes of an epoch hold. It adds up: the earnings sum to their control total, and the units times their
 * rates sum to the earnings of each publisher and creator.
 *
 * @param micros Σ of what was earned
 * @param events number of events counted
 * @param earned what each publisher owes each creator, never 0
 * @param engaged units by article and type
 */
public record Counted(Micros micros, long events, Map<EarnField, Micros> earned, Map<EngageField, Long> engaged) {

    /** @throws BrokenPartition saying what does not add up, or is none of ours */
    public static Counted check(Map<String, String> earn, Map<String, String> engage, Rates.Known rates)
            throws BrokenPartition {
        try {
            Micros control = Micros.parse(earn.getOrDefault(ControlField.MICROS, "0"));
            long events = Long.parseLong(earn.getOrDefault(ControlField.EVENTS, "0"));
            Map<EarnField, Micros> earned = earned(earn);
            Map<EngageField, Long> engaged = engaged(engage);
            requireTotal(control, earned);
            requireSame(earned, priced(engaged, rates));
            return new Counted(control, events, earned, engaged);
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new BrokenPartition(String.valueOf(e.getMessage()));
        }
    }

    private static Map<EarnField, Micros> earned(Map<String, String> hash) throws BrokenPartition {
        Map<EarnField, Micros> earned = new HashMap<>();
        for (Map.Entry<String, String> entry : hash.entrySet()) {
            if (ControlField.ALL.contains(entry.getKey())) {
                continue;
            }
            Micros micros = Micros.parse(entry.getValue());
            if (micros.value() < 0) {
                throw new BrokenPartition("earn field '%s' is negative: %s".formatted(entry.getKey(), micros));
            }
            if (micros.value() > 0) {
                earned.put(EarnField.parse(entry.getKey()), micros);
            }
        }
        return earned;
    }

    private static Map<EngageField, Long> engaged(Map<String, String> hash) throws BrokenPartition {
        Map<EngageField, Long> engaged = new HashMap<>();
        for (Map.Entry<String, String> entry : hash.entrySet()) {
            long units = Long.parseLong(entry.getValue());
            if (units < 0) {
                throw new BrokenPartition("engage field '%s' is negative: %d".formatted(entry.getKey(), units));
            }
            engaged.put(EngageField.parse(entry.getKey()), units);
        }
        return engaged;
    }

    private static void requireTotal(Micros control, Map<EarnField, Micros> earned) throws BrokenPartition {
        Micros sum = earned.values().stream().reduce(Micros.ZERO, Micros::plus);
        if (!sum.equals(control)) {
            throw new BrokenPartition("earnings sum to %s, the control total is %s".formatted(sum, control));
        }
    }

    private static Map<EarnField, Micros> priced(Map<EngageField, Long> engaged, Rates.Known rates)
            throws BrokenPartition {
        Map<EarnField, Micros> priced = new HashMap<>();
        for (Map.Entry<EngageField, Long> entry : engaged.entrySet()) {
            Micros price = rates.of(entry.getKey()).price(entry.getValue());
            if (price.value() != 0) {
                priced.merge(entry.getKey().earner(), price, Micros::plus);
            }
        }
        return priced;
    }

    private static void requireSame(Map<EarnField, Micros> earned, Map<EarnField, Micros> priced)
            throws BrokenPartition {
        if (earned.equals(priced)) {
            return;
        }
        Map<EarnField, Micros> differing = new HashMap<>(priced);
        differing.entrySet().removeIf(entry -> entry.getValue().equals(earned.get(entry.getKey())));
        EarnField field = differing.isEmpty()
                ? earned.keySet().stream()
                        .filter(f -> !priced.containsKey(f))
                        .findFirst()
                        .orElseThrow()
                : differing.keySet().iterator().next();
        throw new BrokenPartition("%s earned %s, but units times rates are %s"
                .formatted(
                        field.encode(),
                        earned.getOrDefault(field, Micros.ZERO),
                        priced.getOrDefault(field, Micros.ZERO)));
    }
}
