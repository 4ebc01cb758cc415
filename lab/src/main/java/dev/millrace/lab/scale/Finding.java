package dev.millrace.lab.scale;

import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/** What came of a part. */
interface Finding {
    Part part();

    /** Whatever makes it worth nothing: money lost or paid twice; empty when all is exact. */
    List<String> failures();

    /** Adds its figures. */
    void addTo(ObjectNode node);

    /** For people, lines with their ends. */
    String text();
}
