package dev.millrace.lab.command;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.List;
import java.util.Locale;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.module.SimpleModule;

/** What a run found: a record whose components are the fields of its JSON object. */
public interface RunReport {
    /** Figures have six digits. */
    JsonMapper MAPPER = JsonMapper.builder()
            .disable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
            .addModule(new SimpleModule()
                    .addSerializer(Double.class, new SixDigits())
                    .addSerializer(double.class, new SixDigits()))
            .build();

    /** Whatever makes the run worth nothing: money lost or paid twice, a run that broke off. */
    List<String> failures();

    /** For people: lines with their ends. */
    String text();

    /** One object on one line. */
    default String json() {
        return MAPPER.writeValueAsString(this);
    }

    /** The last lines for people. */
    default String conclusion() {
        return failures().isEmpty()
                ? "Nothing was lost, nothing was paid twice.\n"
                : "FAILED:\n  " + String.join("\n  ", failures()) + "\n";
    }

    /** A constant's name as options and results have it. */
    static String name(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Writes a figure; 0 where there is none. */
    final class SixDigits extends ValueSerializer<Double> {
        private static final MathContext DIGITS = new MathContext(6);

        @Override
        public void serialize(Double value, JsonGenerator out, SerializationContext context) {
            BigDecimal rounded =
                    Double.isFinite(value) ? new BigDecimal(value, DIGITS).stripTrailingZeros() : BigDecimal.ZERO;
            out.writeNumber(rounded.scale() < 0 ? rounded.setScale(0) : rounded);
        }
    }
}
