package dev.millrace.settlement.seal;

import dev.millrace.common.counters.CounterKeys;
import java.util.List;
import org.springframework.data.redis.core.StringRedisTemplate;

/** Seals epochs (seal.lua). Doing it twice is the same as once. */
public final class Sealing {
    private final Script script;

    public Sealing(StringRedisTemplate redis) {
        this.script = new Script(redis, "seal.lua");
    }

    /** Where the pointer is after an attempt to seal. */
    public sealed interface Result {
        /**
         * Every epoch below the open one is sealed.
         *
         * @param now whether the last of them was sealed by this call, so that they hold all that was counted before it
         */
        record SealedBelow(long open, boolean now) implements Result {}

        /** The pointer is at or behind what is settled, or there is none. */
        record Lost(String what) implements Result {}

        /** This Redis process has not been compared with the ledger yet; the watch does that within a second. */
        record Unconfirmed() implements Result {}
    }

    /** Seals the epoch after the settled one, unless it is sealed already. */
    public Result seal(int partition, long settled) {
        CounterKeys names = new CounterKeys(partition);
        long epoch = settled + 1;
        List<Object> reply = script.run(List.of(names.epoch(), names.earn(epoch), names.run()), epoch, epoch + 1);
        return switch (String.valueOf(reply.get(0))) {
            case "sealed" -> new Result.SealedBelow(epoch + 1, true);
            case "unconfirmed" -> new Result.Unconfirmed();
            case "missing" -> new Result.Lost("no pointer");
            case "other" -> elsewhere(String.valueOf(reply.get(1)), settled);
            default -> throw new IllegalStateException("seal.lua answered " + reply);
        };
    }

    private static Result elsewhere(String pointer, long settled) {
        try {
            long open = Long.parseLong(pointer);
            return open > settled
                    ? new Result.SealedBelow(open, false)
                    : new Result.Lost("pointer %d, but epoch %d is settled".formatted(open, settled));
        } catch (NumberFormatException e) {
            return new Result.Lost("pointer '%s' is no number".formatted(pointer));
        }
    }
}
