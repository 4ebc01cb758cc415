package dev.millrace.ledger.creator;

import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.module.SimpleModule;
import tools.jackson.databind.ser.std.StdSerializer;

/**
 * Writes every {@code long} of an answer: as a JSON number where any client reads it exactly, as text beyond that. JavaScript and others hold
 * JSON's numbers in binary fractions of 64 bits, which are exact up to 2^53.
 */
public final class WholeNumbers extends SimpleModule {
    private static final long serialVersionUID = 1L;
    private static final long MOST_EXACT = 1L << 53;

    public WholeNumbers() {
        addSerializer(Long.class, new Exactly());
        addSerializer(Long.TYPE, new Exactly());
    }

    private static final class Exactly extends StdSerializer<Long> {
        Exactly() {
            super(Long.class);
        }

        @Override
        public void serialize(Long value, JsonGenerator json, SerializationContext context) {
            if (value > MOST_EXACT || value < -MOST_EXACT) {
                json.writeString(value.toString());
            } else {
                json.writeNumber(value);
            }
        }
    }
}
