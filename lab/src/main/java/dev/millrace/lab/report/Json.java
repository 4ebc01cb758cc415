package dev.millrace.lab.report;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/** What the JSON objects of all runs have in common. */
public final class Json {
    private static final MathContext DIGITS = new MathContext(6);

    private Json() {}

    /** Puts a figure, with six digits. */
    public static void number(ObjectNode node, String name, double value) {
        BigDecimal rounded = new BigDecimal(value, DIGITS).stripTrailingZeros();
        node.put(name, rounded.scale() < 0 ? rounded.setScale(0) : rounded);
    }

    /**
     * Puts where a run took place.
     *
     * @param servers the binaries that ran and how they were set, a line each
     */
    public static void machine(ObjectNode node, Machine machine, List<String> servers) {
        node.put("cores", machine.cores())
                .put("processor", machine.processor())
                .put("memoryMib", machine.memoryMib())
                .put("system", machine.system())
                .put("java", machine.java());
        var lines = node.putArray("servers");
        servers.forEach(lines::add);
    }
}
